"""The outbox: a row is pending while it stands in the index, and holds no address and no text."""

from collections.abc import Callable
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from leadlayer.core import keys
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update
from leadlayer.mail.model import Mail, MailKind

_SORT = "MAIL"
# The index key of mails that are not sent yet.
PENDING = "OUTBOX"


class MailItem(Item):
    KIND = "mail"
    kind = UnicodeAttribute()
    account_id = UnicodeAttribute(null=True)
    site_id = UnicodeAttribute(null=True)
    lead_id = UnicodeAttribute(null=True)
    member_id = UnicodeAttribute(null=True)
    sent_to = UnicodeSetAttribute(null=True)


def mail_row(
    kind: MailKind,
    *,
    id: str,  # noqa: A002  # the mail's
    now: datetime,
    account_id: str | None = None,
    site_id: str | None = None,
    lead_id: str | None = None,
    member_id: str | None = None,
    expires_at: int | None = None,
) -> Put:
    """The write that makes the mailer send a mail; goes into the transaction of what it is about.

    An `id` that was used before fails, so what is tried again is announced once. `expires_at` is
    for news that is stale sooner than a mail usually is.
    """
    item = MailItem(
        keys.outbox(id),
        _SORT,
        gsi1pk=PENDING,
        gsi1sk=id,
        kind=kind,
        account_id=account_id,
        site_id=site_id,
        lead_id=lead_id,
        member_id=member_id,
        expires_at=expires_at or retention("mail").expiry(now),
    )
    return Put(item, only_new=True)


def new_lead_mail(*, account_id: str, site_id: str, lead_id: str, now: datetime) -> Put:
    """It has the lead's id, so that erasing a lead finds its pending mail without a search."""
    return mail_row(
        "new_lead", id=lead_id, account_id=account_id, site_id=site_id, lead_id=lead_id, now=now
    )


class OutboxStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, mail_id: str) -> Mail | None:
        item = self._table.find(MailItem, keys.outbox(mail_id), _SORT)
        return None if item is None else _from_item(item)

    def pending(self, *, limit: int) -> list[str]:
        """The oldest and the newest, up to `limit` of each: mails that fail for good must not hold
        up the others. Eventually consistent, which is why `find` decides again."""
        oldest = self._table.query_index(MailItem, PENDING, limit=limit)
        newest = self._table.query_index(MailItem, PENDING, limit=limit, newest_first=True)
        found = {item.pk: None for item in (*oldest.items, *newest.items)}
        return [pk.removeprefix(keys.outbox("")) for pk in found]

    def mark_sent_to(self, mail: Mail, recipient_id: str) -> None:
        self._change(mail, lambda: [MailItem.sent_to.add({recipient_id})])

    def mark_sent(self, mail: Mail) -> None:
        self._change(mail, lambda: [MailItem.gsi1pk.remove(), MailItem.gsi1sk.remove()])

    def _change(self, mail: Mail, actions: Callable[[], list[object]]) -> None:
        item = MailItem(keys.outbox(mail.id), _SORT)
        try:
            self._table.write(Update(item, actions()))  # pyright: ignore[reportArgumentType]  # pynamodb's actions share no public base
        except ConditionFailed:
            # Erased or expired while it was being sent: nothing may bring it back.
            return


def _from_item(item: MailItem) -> Mail:
    return Mail(
        id=item.pk.removeprefix(keys.outbox("")),
        kind=item.kind,  # pyright: ignore[reportArgumentType]  # checked when it was written
        account_id=item.account_id,
        site_id=item.site_id,
        lead_id=item.lead_id,
        member_id=item.member_id,
        sent_to=frozenset(item.sent_to or ()),
        is_sent=item.gsi1pk is None,  # pyright: ignore[reportUnnecessaryComparison]  # nullable
    )
