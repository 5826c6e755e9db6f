"""Accounts and members in one partition per account."""

from pynamodb.attributes import UnicodeAttribute

from leadlayer.accounts.model import Account, Member
from leadlayer.core import keys
from leadlayer.core.table import Item, Put, Table

_PROFILE = "PROFILE"
_MEMBER = "MEMBER#"


class AccountItem(Item):
    KIND = "account"
    name = UnicodeAttribute()
    state = UnicodeAttribute()


class MemberItem(Item):
    KIND = "member"
    email = UnicodeAttribute()
    role = UnicodeAttribute()
    language = UnicodeAttribute()


class AccountStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, account_id: str) -> Account | None:
        item = self._table.find(AccountItem, keys.account(account_id), _PROFILE)
        return item and Account(id=account_id, name=item.name, state=item.state)  # pyright: ignore[reportArgumentType]  # checked when it was written

    def save(self, account: Account) -> None:
        pk = keys.account(account.id)
        self._table.write(Put(AccountItem(pk, _PROFILE, name=account.name, state=account.state)))

    def save_member(self, member: Member) -> None:
        self._table.write(
            Put(
                MemberItem(
                    keys.account(member.account_id),
                    _MEMBER + member.id,
                    email=member.email,
                    role=member.role,
                    language=member.language,
                )
            )
        )

    def list_members(self, account_id: str) -> list[Member]:
        page = self._table.query(MemberItem, keys.account(account_id), prefix=_MEMBER)
        return [
            Member(
                id=item.sk.removeprefix(_MEMBER),
                account_id=account_id,
                email=item.email,
                role=item.role,  # pyright: ignore[reportArgumentType]  # checked when it was written
                language=item.language,
            )
            for item in page.items
        ]
