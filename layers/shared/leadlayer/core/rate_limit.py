"""How often one network or address may call, without keeping either anywhere.

The bucket's key is an HMAC of the /24, /64 or address under a salt that is random, made new every
day and expires with it: when the salt is gone, nobody can say whose a leftover row was.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.crypto import salted
from leadlayer.core.errors import Problem
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update


@dataclass(frozen=True)
class Window:
    """`kept` is what the policy calls the period. None is longer than the salt: it would begin
    anew with every salt."""

    seconds: int
    kept: str


TEN_MINUTES = Window(600, "rate_window")
# Of UTC, as the salt's.
DAY = Window(86_400, "rate_day")
_SALT = "SALT"


class RateItem(Item):
    KIND = "rate"
    calls = NumberAttribute(null=True)


class SaltItem(Item):
    KIND = "rate_salt"
    salt = UnicodeAttribute()


class RateLimit:
    """`limit` calls of one network to one site and route in each window of time."""

    def __init__(
        self,
        *,
        table: Table,
        clock: Clock,
        new_salt: Callable[[], bytes] = lambda: secrets.token_bytes(32),
    ) -> None:
        self._table = table
        self._clock = clock
        self._new_salt = new_salt
        self._salts: dict[str, bytes] = {}

    def check(
        self, *, route: str, site_id: str, network: str, limit: int, window: Window = TEN_MINUTES
    ) -> None:
        """`network` is anything that shall not be kept, an address too. Counts the call. Raises
        Problem 429 with the seconds until the window ends."""
        now = self._clock()
        count = epoch(now) // window.seconds
        bucket = salted(self._salt(now), route, site_id, network, str(count))
        item = RateItem(keys.rate(bucket), "WINDOW")
        expires_at = retention(window.kept).expiry(now)
        try:
            self._table.write(
                Update(
                    item,
                    [
                        RateItem.calls.add(1),
                        RateItem.type.set(RateItem.KIND),
                        RateItem.expires_at.set(expires_at),
                    ],
                    condition=RateItem.calls.does_not_exist() | (RateItem.calls < limit),
                    upsert=True,
                )
            )
        except ConditionFailed:
            wait_s = (count + 1) * window.seconds - epoch(now)
            raise Problem(
                429,
                "too_many_requests",
                "Too many requests; try again later.",
                retry_after_s=wait_s,
            ) from None

    def _salt(self, now: datetime) -> bytes:
        day = now.strftime("%Y-%m-%d")
        if day not in self._salts:
            self._salts = {day: self._load_salt(day, now)}
        return self._salts[day]

    def _load_salt(self, day: str, now: datetime) -> bytes:
        fresh = base64.b64encode(self._new_salt()).decode()
        expires_at = retention("rate_salt").expiry(now)
        item = SaltItem(keys.rate(_SALT), day, salt=fresh, expires_at=expires_at)
        found = self._table.find(SaltItem, keys.rate(_SALT), day)
        if found is None:
            try:
                self._table.write(Put(item, only_new=True))
                found = item
            except ConditionFailed:
                found = self._table.find(SaltItem, keys.rate(_SALT), day) or item
        return base64.b64decode(found.salt)
