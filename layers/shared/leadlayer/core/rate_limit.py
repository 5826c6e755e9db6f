"""How often one network may call, without keeping an address anywhere.

The bucket's key is an HMAC of the /24 or /64 under a salt that is random, made new every day and
expires with it: when the salt is gone, nobody can say which network a leftover row was.
"""

import base64
import secrets
from collections.abc import Callable
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.crypto import salted
from leadlayer.core.errors import Problem
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update

WINDOW_S = 600
_SALT = "SALT"


class RateItem(Item):
    KIND = "rate"
    calls = NumberAttribute(null=True)


class SaltItem(Item):
    KIND = "rate_salt"
    salt = UnicodeAttribute()


class RateLimit:
    """`limit` calls of one network to one site and route in each window of ten minutes."""

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

    def check(self, *, route: str, site_id: str, network: str, limit: int) -> None:
        """Counts the call. Raises Problem 429 with the seconds until the window ends."""
        now = self._clock()
        window = epoch(now) // WINDOW_S
        bucket = salted(self._salt(now), route, site_id, network, str(window))
        item = RateItem(keys.rate(bucket), "WINDOW")
        expires_at = retention("rate_window").expiry(now)
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
            wait_s = (window + 1) * WINDOW_S - epoch(now)
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
