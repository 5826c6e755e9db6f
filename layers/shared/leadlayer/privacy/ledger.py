"""What was erased or terminated, by ids alone: a copy of the table that is restored forgets it.

In a table of its own, which outlives every copy of the other one; nothing is ever changed in it.
"""

from typing import Literal

from pynamodb.attributes import UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import Clock, iso
from leadlayer.core.ids import NewId
from leadlayer.core.policy import retention
from leadlayer.core.table import Item, open_beside

LedgerKind = Literal[
    "erase_lead", "erase_conversation", "terminate", "reactivate", "purge", "remove_member"
]


class LedgerItem(Item):
    class Meta(Item.Meta):
        """Its own, so that the other items stay where they are."""

    KIND = "ledger"
    kind = UnicodeAttribute()
    target = UnicodeAttribute(null=True)
    at = UnicodeAttribute()


class Ledger:
    def __init__(self, table_name: str, *, region: str, clock: Clock, new_id: NewId) -> None:
        """`open_table` comes first: the ledger goes over the same connection."""
        LedgerItem.Meta.region = region
        open_beside(LedgerItem, table_name)
        self._clock = clock
        self._new_id = new_id

    def record(self, account_id: str, kind: LedgerKind, target: str = "") -> None:
        """To be called before what it records, which may then be done again after any crash."""
        now = self._clock()
        item = LedgerItem(
            keys.account(account_id),
            self._new_id(),
            kind=kind,
            target=target or None,
            at=iso(now),
            expires_at=retention("ledger").expiry(now),
        )
        item.save()
