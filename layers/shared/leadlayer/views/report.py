"""Decides what a customer sees of a month's counters: by day and by path, small numbers hidden from
roles that have no need of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from leadlayer.core.clock import add_months
from leadlayer.core.policy import policy, retention
from leadlayer.views.model import OTHER

# How often a path was viewed on a day (of the month, two digits).
Cell = tuple[str, str, int]
Shown = int | str


class MonthlyViews(Protocol):
    def cells(self, site_id: str, month: str) -> Iterable[Cell]: ...


@dataclass(frozen=True)
class MonthReport:
    total: Shown
    days: tuple[tuple[str, Shown], ...]
    paths: tuple[tuple[str, Shown], ...]


def month_report(
    site_id: str, month: str, *, views: MonthlyViews, now: datetime, rounded: bool
) -> MonthReport:
    """`month` is YYYY-MM. Nothing is shown of a month that is over for longer than promised."""
    cells = daily(site_id, month, views=views, now=now)
    days: Counter[str] = Counter()
    paths: Counter[str] = Counter()
    for day, path, count in cells:
        days[day] += count
        paths[path] += count
    hidden = policy().small_cell if rounded else 0
    return MonthReport(
        total=_shown(days.total(), hidden),
        days=tuple((f"{month}-{day}", _shown(days[day], hidden)) for day in sorted(days)),
        paths=tuple((path, _shown(count, hidden)) for path, count in _largest(paths)),
    )


def daily(site_id: str, month: str, *, views: MonthlyViews, now: datetime) -> list[Cell]:
    """A month's cells with shards added up and each day cut to its number of paths, day by day."""
    if not _is_kept(month, now):
        return []
    by_day: dict[str, Counter[str]] = {}
    for day, path, count in views.cells(site_id, month):
        by_day.setdefault(day, Counter())[path] += count
    return [(day, path, count) for day in sorted(by_day) for path, count in _largest(by_day[day])]


def _is_kept(month: str, now: datetime) -> bool:
    oldest = add_months(now.replace(day=1), -retention("view_counter").months)
    return oldest.strftime("%Y-%m") <= month <= now.strftime("%Y-%m")


def _largest(paths: Counter[str]) -> list[tuple[str, int]]:
    """The most viewed up to the promised number, the rest together; largest first."""
    named = sorted(
        ((path, count) for path, count in paths.items() if path != OTHER),
        key=lambda cell: (-cell[1], cell[0]),
    )
    most = policy().paths_per_site_day
    rest = paths[OTHER] + sum(count for _, count in named[most:])
    return named[:most] + ([(OTHER, rest)] if rest else [])


def _shown(count: int, hidden: int) -> Shown:
    """`<10` instead of a number that is under `hidden`."""
    return f"<{hidden}" if 0 < count < hidden else count
