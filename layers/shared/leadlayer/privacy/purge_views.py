"""Promotes counters of months that have left the window (P09). What stays is written as a whole
before the counters go, so that a run that is cut off anywhere loses no view and counts none twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from leadlayer.core import keys
from leadlayer.core.clock import add_months, epoch
from leadlayer.core.policy import month_over, policy, retention
from leadlayer.core.table import ConditionFailed, Table, Update
from leadlayer.privacy.purge_budget import Budget
from leadlayer.privacy.purge_rows import emptied
from leadlayer.sites.store import SiteItem
from leadlayer.views.model import SHARDS
from leadlayer.views.promotion import month_statistics
from leadlayer.views.rows import MonthlyViewStore

_PROFILE = "PROFILE"


@dataclass(frozen=True)
class Promotion:
    table: Table

    def promote(self, site_id: str, budget: Budget) -> int | None:
        """How many months, the oldest first; None when the budget ended before they did."""
        months = 0
        while (site := self._due(site_id)) is not None:
            begun = _oldest_month(int(site.promote_at))
            self._keep(site_id, begun.strftime("%Y-%m"))
            if not self._clear(site_id, begun.strftime("%Y-%m"), budget):
                return None
            self._go_on(site, begun)
            months += 1
        return months

    def _due(self, site_id: str) -> SiteItem | None:
        site = self.table.find(SiteItem, keys.site(site_id), _PROFILE)
        if site is None or not site.promote_at:
            return None
        return site if site.promote_at <= epoch(self.table.now) else None

    def _keep(self, site_id: str, month: str) -> None:
        """Only once: counters may be gone in part when somebody looks again."""
        views = MonthlyViewStore(self.table)
        if views.statistics(site_id, month) is not None:
            return
        kept = month_statistics(
            views.cells(site_id, month, expired=True),
            least=policy().small_cell,
            most_paths=policy().paths_per_site_day,
        )
        if kept:
            views.keep_statistics(site_id, month, kept)

    def _clear(self, site_id: str, month: str, budget: Budget) -> bool:
        for shard in range(SHARDS):
            for rows in emptied(self.table, keys.views(site_id, month, shard)):
                budget.took(rows)
                if budget.is_spent:
                    return False
        return True

    def _go_on(self, site: SiteItem, begun: datetime) -> None:
        """With the month after it, unless somebody else has."""
        due = SiteItem.promote_at
        following = month_over("view_counter", add_months(begun, 1))
        row = SiteItem(site.pk, site.sk)
        try:
            self.table.write(Update(row, [due.set(following)], due == site.promote_at))
        except ConditionFailed:
            return


def _oldest_month(promote_at: int) -> datetime:
    """The month that has been over for as long as counters are kept since that second."""
    over = datetime.fromtimestamp(promote_at, UTC)
    return add_months(over, -retention("view_counter").months - 1)
