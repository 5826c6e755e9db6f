"""What a site may spend on its model in a UTC day: turns and tokens, reserved before use."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute

from leadlayer.chat.model import Reservation, SiteBrief, Usage
from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Table, Update


class UsageItem(Item):
    KIND = "usage"
    turns = NumberAttribute(null=True)
    tokens = NumberAttribute(null=True)


class DayBudget:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def reserve(self, site: SiteBrief, *, tokens: int) -> Reservation | None:
        """Set tokens aside for one turn; None when the day's turns or tokens would be exceeded."""
        reservation = Reservation(self._clock(), tokens)
        turns_left = UsageItem.turns.does_not_exist() | (UsageItem.turns < site.turns_per_day)
        room = site.tokens_per_day - tokens
        tokens_left = UsageItem.tokens <= room
        if room >= 0:
            tokens_left = UsageItem.tokens.does_not_exist() | tokens_left
        try:
            self._add(
                site, reservation.at, turns=1, tokens=tokens, condition=turns_left & tokens_left
            )
        except ConditionFailed:
            return None
        return reservation

    def settle(self, site: SiteBrief, reserved: Reservation, *, used: Usage) -> None:
        """Replace what was set aside by what was used, on the day it was set aside."""
        self._add(site, reserved.at, turns=0, tokens=used.total - reserved.tokens)

    def cancel(self, site: SiteBrief, reserved: Reservation) -> None:
        """Give tokens and turn back: the model was not asked."""
        self._add(site, reserved.at, turns=-1, tokens=-reserved.tokens)

    def _add(
        self,
        site: SiteBrief,
        at: datetime,
        *,
        turns: int,
        tokens: int,
        condition: object = None,
    ) -> None:
        item = UsageItem(keys.usage(site.site_id), keys.day(at.strftime("%Y-%m-%d")))
        actions = [
            UsageItem.turns.add(turns),
            UsageItem.tokens.add(tokens),
            UsageItem.type.set(UsageItem.KIND),
            UsageItem.expires_at.set(retention("usage").expiry(at)),
        ]
        self._table.write(Update(item, actions, condition, upsert=True))  # pyright: ignore[reportArgumentType]  # pynamodb's conditions and actions have no public base
