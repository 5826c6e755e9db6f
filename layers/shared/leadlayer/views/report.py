"""Decides what a customer sees of a month's counters: by day and by path, small numbers hidden from
roles that have no need of them.

Days and paths add up to the same total, so a hidden number would follow from the others. Views of a
hidden day or path are therefore counted nowhere else either: each number shown is of shown days on
shown paths alone, and stays the same whatever is hidden.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from leadlayer.core.clock import add_months, epoch
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
    """`month` is YYYY-MM. Nothing is shown of a month that is over for longer than promised.
    `rounded`: `<10` stands for a day or path of which fewer than ten views may be counted."""
    cells = daily(site_id, month, views=views, now=now)
    counted = _without_small(cells, policy().small_cell) if rounded else cells
    days, paths = _sums(counted)
    small = f"<{policy().small_cell}"
    return MonthReport(
        total=days.total() or (small if cells else 0),
        days=tuple((f"{month}-{day}", days[day] or small) for day in sorted(_sums(cells)[0])),
        paths=(*_largest(paths), *((path, small) for path in _hidden(cells, paths))),
    )


def daily(site_id: str, month: str, *, views: MonthlyViews, now: datetime) -> list[Cell]:
    """A month's cells with shards added up and each day cut to its number of paths, day by day."""
    if not _is_kept(month, now):
        return []
    by_day: dict[str, Counter[str]] = {}
    for day, path, count in views.cells(site_id, month):
        if _is_over(f"{month}-{day}", now):
            continue
        by_day.setdefault(day, Counter())[path] += count
    return [(day, path, count) for day in sorted(by_day) for path, count in _largest(by_day[day])]


def _sums(cells: Iterable[Cell]) -> tuple[Counter[str], Counter[str]]:
    """By day and by path."""
    days: Counter[str] = Counter()
    paths: Counter[str] = Counter()
    for day, path, count in cells:
        days[day] += count
        paths[path] += count
    return days, paths


def _without_small(cells: list[Cell], least: int) -> list[Cell]:
    """Without days and paths of fewer views than that, until each that is left has as many in what
    is left."""
    while True:
        days, paths = _sums(cells)
        left = [cell for cell in cells if days[cell[0]] >= least and paths[cell[1]] >= least]
        if len(left) == len(cells):
            return left
        cells = left


def _hidden(cells: list[Cell], paths: Counter[str]) -> list[str]:
    """By name, as their order by number would tell of it; with those shown no more than a day's."""
    room = max(0, policy().paths_per_site_day - len(paths))
    return sorted({path for _, path, _ in cells} - paths.keys())[:room]


def _is_over(day: str, now: datetime) -> bool:
    """Counters lie a little longer than they may be shown, until their month is promoted."""
    begun = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return retention("view_counter").expiry(begun) <= epoch(now)


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
