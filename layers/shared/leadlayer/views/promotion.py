"""Decides what stays of a month of counters when it leaves the window: how often each path was
viewed in the month, and no number so small that it could be about somebody (P09)."""

from collections import Counter
from collections.abc import Iterable

from leadlayer.views.model import OTHER
from leadlayer.views.report import Cell


def month_statistics(cells: Iterable[Cell], *, least: int, most_paths: int) -> dict[str, int]:
    """Views by path, the most viewed first. Paths of fewer than `least`, and those beyond the
    number, are counted as `(other)`; so is the next smallest while `(other)` itself is too small,
    since it would tell what was left out. A month of fewer views in all leaves nothing."""
    paths: Counter[str] = Counter()
    for _, path, count in cells:
        paths[path] += count
    other = paths.pop(OTHER, 0)
    kept: list[tuple[str, int]] = []
    for path, count in sorted(paths.items(), key=lambda cell: (-cell[1], cell[0])):
        if count < least or len(kept) == most_paths:
            other += count
        else:
            kept.append((path, count))
    while 0 < other < least and kept:
        other += kept.pop()[1]
    if other >= least:
        kept.append((OTHER, other))
    return dict(kept)
