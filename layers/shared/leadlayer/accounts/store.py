"""Accounts and members in one partition per account, and where a person's memberships are listed.

Changes of people carry a count on the account's row as their assumption, so that of two that are
decided on the same state one is decided again: an owner always remains, nobody is in twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.accounts.ending import purge_second
from leadlayer.accounts.model import Account, Member, Role
from leadlayer.core import keys
from leadlayer.core.errors import Problem, last_owner, limit_reached, not_found
from leadlayer.core.table import Check, ConditionFailed, Delete, Item, Put, Table, Update, Write

_PROFILE = "PROFILE"
_MEMBER = "MEMBER#"
_TRIES = 5
MOST_MEMBERS = 200

MemberCheck = Callable[[Member], None]


class AccountItem(Item):
    KIND = "account"
    DUE_BY = "purge_at"
    name = UnicodeAttribute()
    state = UnicodeAttribute()
    terminated_at = UnicodeAttribute(null=True)
    # From which second the purge takes everything of a terminated account.
    purge_at = NumberAttribute(null=True)
    # How often the account's people changed.
    people = NumberAttribute(null=True)


class MemberItem(Item):
    """`person` is the fingerprint under which the member is listed, so that whoever removes the
    member finds that row without the key."""

    KIND = "member"
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    role = UnicodeAttribute()
    language = UnicodeAttribute()
    state = UnicodeAttribute(null=True)
    session_epoch = NumberAttribute(null=True)
    person = UnicodeAttribute(null=True)


class PersonRefItem(Item):
    """Its key is all it holds: whose (pk) and where (sk)."""

    KIND = "person_ref"


class AccountStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    # Accounts

    def find(self, account_id: str) -> Account | None:
        item = self._find_item(account_id)
        return None if item is None else _account(item)

    def save(self, account: Account) -> None:
        """Puts an account as it is given, over what was there; for seeds."""
        self._table.write(Put(_account_item(account)))

    def rename(self, account_id: str, name: str) -> None:
        """Raises Problem 404 when the account is gone."""
        item = AccountItem(keys.account(account_id), _PROFILE)
        self._change(item, AccountItem.name.set(name))

    def opening(self, account: Account, owner: Member, *, person: str) -> list[Write]:
        """The writes of a new account with its first owner, for a transaction."""
        return [
            Put(_account_item(account), only_new=True),
            *(Put(item, only_new=True) for item in _member_items(owner, person)),
        ]

    # Members

    def find_member(self, account_id: str, member_id: str) -> Member | None:
        if not keys.is_id(member_id):
            return None
        item = self._table.find(MemberItem, keys.account(account_id), _MEMBER + member_id)
        return None if item is None else _member(item)

    def list_members(self, account_id: str) -> list[Member]:
        page = self._table.query(MemberItem, keys.account(account_id), prefix=_MEMBER)
        return [_member(item) for item in page.items]

    def members_of(self, person: str) -> list[Member]:
        """The memberships of one person in accounts that still exist."""
        refs = self._table.query(PersonRefItem, keys.person(person), prefix=_MEMBER).items
        places = [ref.sk.removeprefix(_MEMBER).split("#") for ref in refs]
        found = [self.find_member(account, member) for account, member in places]
        return [member for member in found if member is not None]

    def save_member(self, member: Member, *, person: str | None = None) -> None:
        """Puts a member as given, over what was there; for seeds. Without `person` nobody can
        sign in as that member."""
        items = _member_items(member, person) if person else [_member_item(member, None)]
        self._table.transact([Put(item) for item in items])

    def add_member(self, member: Member, *, person: str, follows: Sequence[Write] = ()) -> None:
        """`follows` is written in the same transaction, such as the invitation. Raises Problem 409
        when that person is in already, or the account is full."""

        def writes(present: Sequence[MemberItem]) -> list[Write]:
            if any(person == item.person for item in present):
                raise Problem(409, "already_member", "This address is a member already.")
            if len(present) >= MOST_MEMBERS:
                raise limit_reached()
            new = [Put(item, only_new=True) for item in _member_items(member, person)]
            return [*new, *follows]

        self._change_people(member.account_id, writes)

    def remove_member(
        self, account_id: str, member_id: str, *, check: MemberCheck = lambda _: None
    ) -> Member:
        """The member who went. `check` may refuse that very member by raising. Raises Problem 404
        for nobody, 409 for the last owner."""

        def writes(present: Sequence[MemberItem]) -> list[Write]:
            going = _one_of(present, member_id)
            check(_member(going))
            _keep_an_owner(present, without=going)
            gone.append(_member(going))
            ref = person_ref_of(going)
            return [Delete(going, present=True), *([Delete(ref)] if ref else [])]

        gone: list[Member] = []
        self._change_people(account_id, writes)
        return gone[-1]

    def change_role(
        self, account_id: str, member_id: str, role: Role, *, check: MemberCheck = lambda _: None
    ) -> Member:
        """The member as changed; `check` and the problems are those of `remove_member`."""

        def writes(present: Sequence[MemberItem]) -> list[Write]:
            item = _one_of(present, member_id)
            check(_member(item))
            if role != "owner":
                _keep_an_owner(present, without=item)
            changed.append(replace(_member(item), role=role))
            return [Update(MemberItem(item.pk, item.sk), [MemberItem.role.set(role)])]

        changed: list[Member] = []
        self._change_people(account_id, writes)
        return changed[-1]

    def change_me(
        self, account_id: str, member_id: str, *, name: str | None, language: str | None
    ) -> None:
        """Raises Problem 404 when the member is gone."""
        actions = [
            attribute.set(value)
            for attribute, value in ((MemberItem.name, name), (MemberItem.language, language))
            if value is not None
        ]
        if actions:
            self._change(_key(account_id, member_id), *actions)

    def sign_out_everywhere(self, account_id: str, member_id: str) -> None:
        """Ends all sessions of a member. Raises Problem 404 when the member is gone."""
        self._change(_key(account_id, member_id), MemberItem.session_epoch.add(1))

    def joining(self, member: Member) -> list[Write]:
        """What a sign-in changes: who was invited is in. Fails when the member is gone."""
        return [Update(_key(member.account_id, member.id), [MemberItem.state.set("active")])]

    # Inside

    def _find_item(self, account_id: str) -> AccountItem | None:
        return self._table.find(AccountItem, keys.account(account_id), _PROFILE)

    def _change(self, item: Item, *actions: Any) -> None:
        try:
            self._table.write(Update(item, actions))
        except ConditionFailed:
            raise not_found() from None

    def _change_people(
        self, account_id: str, writes: Callable[[Sequence[MemberItem]], Sequence[Write]]
    ) -> None:
        """`writes` decides on the people of now, and again when they changed meanwhile."""
        for attempt in range(_TRIES):
            account = self._find_item(account_id)
            if account is None:
                raise not_found()
            pk = keys.account(account_id)
            present = self._table.query(MemberItem, pk, prefix=_MEMBER).items
            try:
                return self._table.transact([_counted(account), *writes(present)])
            except ConditionFailed:
                if attempt == _TRIES - 1:
                    raise
        return None


def person_ref_of(item: MemberItem) -> PersonRefItem | None:
    """The row under which whoever signs in finds the member; None for one who never could."""
    member = _member(item)
    return _person_ref(member, item.person) if item.person else None


def still_active(account_id: str) -> Write:
    """Belongs into the transaction of what must not outlive the account (P06): fails it when the
    account has ended since the caller was let in."""
    account = AccountItem(keys.account(account_id), _PROFILE)
    return Check(account, AccountItem.state == "active")


def _counted(account: AccountItem) -> Update:
    """Goes up with each change of people; fails when another change came in between."""
    was_changed = account.people is not None  # pyright: ignore[reportUnnecessaryComparison]  # nullable
    counter = AccountItem.people
    return Update(
        AccountItem(account.pk, account.sk),
        [counter.add(1)],
        condition=counter == account.people if was_changed else counter.does_not_exist(),
    )


def _one_of(present: Sequence[MemberItem], member_id: str) -> MemberItem:
    for item in present:
        if item.sk == _MEMBER + member_id:
            return item
    raise not_found()


def _keep_an_owner(present: Sequence[MemberItem], *, without: MemberItem) -> None:
    """An owner who was invited and never came could not run the account, so does not count."""
    members = [_member(item) for item in present if item is not without]
    if not any(member.role == "owner" and member.state == "active" for member in members):
        raise last_owner()


def _key(account_id: str, member_id: str) -> MemberItem:
    return MemberItem(keys.account(account_id), _MEMBER + member_id)


def _account_item(account: Account) -> AccountItem:
    return AccountItem(
        keys.account(account.id),
        _PROFILE,
        name=account.name,
        state=account.state,
        terminated_at=account.terminated_at,
        purge_at=purge_second(account.terminated_at) if account.terminated_at else None,
    )


def _account(item: AccountItem) -> Account:
    return Account(
        id=item.pk.removeprefix(keys.account("")),
        name=item.name,
        state=item.state,  # pyright: ignore[reportArgumentType]  # checked when it was written
        terminated_at=item.terminated_at,
    )


def _member_items(member: Member, person: str) -> tuple[Item, Item]:
    return _member_item(member, person), _person_ref(member, person)


def _person_ref(member: Member, person: str) -> PersonRefItem:
    return PersonRefItem(keys.person(person), f"{_MEMBER}{member.account_id}#{member.id}")


def _member_item(member: Member, person: str | None) -> MemberItem:
    return MemberItem(
        keys.account(member.account_id),
        _MEMBER + member.id,
        email=member.email,
        name=member.name or None,
        role=member.role,
        language=member.language,
        state=member.state,
        session_epoch=member.session_epoch,
        person=person,
    )


def _member(item: MemberItem) -> Member:
    return Member(
        id=item.sk.removeprefix(_MEMBER),
        account_id=item.pk.removeprefix(keys.account("")),
        email=item.email,
        role=item.role,  # pyright: ignore[reportArgumentType]  # checked when it was written
        language=item.language,
        name=item.name or "",
        state=item.state or "active",  # pyright: ignore[reportArgumentType]  # checked when it was written
        session_epoch=int(item.session_epoch or 0),
    )
