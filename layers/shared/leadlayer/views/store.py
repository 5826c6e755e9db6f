"""View counters: one row per site, day and path; spilled into shards when a partition is hot."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.lite_table import LiteTable, Throttled
from leadlayer.core.policy import month_over, policy, retention
from leadlayer.views.model import COUNTER, KIND, SHARDS, SiteFacts

# How long a container believes what it knows of a site; a switched-off pixel stops within it.
_FACTS_S = 30.0


class ViewStore:
    def __init__(
        self, table: LiteTable, *, clock: Clock, pick: Callable[[int, int], int] = random.randint
    ) -> None:
        self._table = table
        self._clock = clock
        self._pick = pick
        self._facts: dict[str, tuple[float, SiteFacts | None]] = {}

    def site_facts(self, site_id: str) -> SiteFacts | None:
        if not keys.is_id(site_id):
            return None
        now = self._clock().timestamp()
        known = self._facts.get(site_id)
        if known is None or now - known[0] >= _FACTS_S:
            # A flood of made-up site ids must not fill the memory.
            if len(self._facts) > 1000:
                self._facts.clear()
            known = (now, self._load(site_id))
            self._facts[site_id] = known
        return known[1]

    def paths_today(self, site_id: str, *, month: str, day: str) -> set[str]:
        limit = policy().paths_per_site_day + 1
        prefix = keys.view(day, "")
        rows = self._table.sort_keys(keys.views(site_id, month), prefix, limit=limit)
        return {row.removeprefix(prefix) for row in rows}

    def add_one(self, site_id: str, *, month: str, day: str, path: str) -> None:
        """Tries a random other shard once when the partition is too hot: nothing was written."""
        sk = keys.view(day, path)
        expires_at = _expiry(month)
        try:
            self._add(keys.views(site_id, month), sk, expires_at)
        except Throttled:
            shard = self._pick(1, SHARDS - 1)
            self._add(keys.views(site_id, month, shard), sk, expires_at)

    def _add(self, pk: str, sk: str, expires_at: int) -> None:
        self._table.add_one(pk, sk, counter=COUNTER, kind=KIND, expires_at=expires_at)

    def _load(self, site_id: str) -> SiteFacts | None:
        attributes = ("pixel_mode", "privacy_notice_url", "state")
        site = self._table.find(keys.site(site_id), "PROFILE", attributes)
        if not site or site.get("state") != "active":
            return None
        notice = site.get("privacy_notice_url", "")
        return SiteFacts(site["pixel_mode"], is_collecting=notice.startswith("https://"))


def _expiry(month: str) -> int:
    """From the month, not from the ping: the row is the same whoever looked and whenever. A little
    later than the promise, so that TTL leaves a month whole until it is promoted; no report shows a
    day beyond its time."""
    month_begun = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    over = datetime.fromtimestamp(month_over("view_counter", month_begun), UTC)
    return retention("view_promotion").expiry(over)
