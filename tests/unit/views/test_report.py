"""A role that is not shown small numbers cannot reckon one from those that it is shown."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.views.model import OTHER
from leadlayer.views.report import Cell, MonthReport, month_report

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SMALL = "<10"

DAYS = st.sampled_from(["01", "02", "03", "04"])
PATHS = st.sampled_from(["/", "/a", "/b", "/c", OTHER])
COUNTS = st.one_of(st.integers(1, 12), st.integers(1, 60))
MONTHS = st.dictionaries(st.tuples(DAYS, PATHS), COUNTS, min_size=1, max_size=12)

Month = dict[tuple[str, str], int]


class Counted:
    def __init__(self, month: Month) -> None:
        self._month = month

    def cells(self, site_id: str, month: str) -> list[Cell]:
        return [(day, path, count) for (day, path), count in self._month.items()]


def report(month: Month, *, rounded: bool = True) -> MonthReport:
    return month_report("s", "2026-11", views=Counted(month), now=NOW, rounded=rounded)


def hidden(shown: MonthReport) -> list[tuple[int, str]]:
    """Which part of a cell's key, and what it is there."""
    days = [(0, day[-2:]) for day, count in shown.days if count == SMALL]
    return days + [(1, path) for path, count in shown.paths if count == SMALL]


def others(month: Month, part: int, name: str) -> Iterator[Month]:
    """Months that differ by one view of that day or path, which still has one at least."""
    for cell, count in month.items():
        if cell[part] == name:
            yield month | {cell: count + 1}
            if count > 1:
                yield month | {cell: count - 1}


@given(MONTHS)
def test_each_hidden_number_could_be_another_with_everything_shown_the_same(month: Month):
    shown = report(month)

    for part, name in hidden(shown):
        assert any(report(other) == shown for other in others(month, part, name))


@given(MONTHS)
def test_what_is_shown_adds_up_and_is_at_least_ten(month: Month):
    shown = report(month)

    days = [count for _, count in shown.days if isinstance(count, int)]
    paths = [count for _, count in shown.paths if isinstance(count, int)]
    assert sum(days) == sum(paths) == (0 if shown.total == SMALL else shown.total)
    assert min([*days, *paths], default=10) >= 10


@given(MONTHS)
def test_no_day_or_path_is_left_out_and_none_shown_as_more_than_it_is(month: Month):
    shown, all_of_it = report(month), report(month, rounded=False)

    for part in ("days", "paths"):
        exact = dict(getattr(all_of_it, part))
        seen = dict(getattr(shown, part))
        assert seen.keys() == exact.keys()
        assert all(count == SMALL or count <= exact[name] for name, count in seen.items())


@pytest.mark.parametrize(
    ("month", "total"),
    [
        # By the total, by the other days, by the other paths, and by a path of many days.
        ({("01", "/a"): 50, ("02", "/b"): 3}, 50),
        ({("01", "/a"): 50, ("02", "/a"): 3}, 50),
        ({("01", "/a"): 50, ("01", "/b"): 3}, 50),
        ({(f"{day:02}", "/a"): 9 for day in range(1, 11)}, SMALL),
    ],
)
def test_a_single_hidden_number_is_in_no_other(month: Month, total: int | str):
    assert report(month).total == total


def test_twin_the_true_total_would_give_a_single_hidden_day_away():
    month: Month = {("01", "/a"): 50, ("02", "/b"): 3}
    shown, true_total = report(month), report(month, rounded=False).total

    assert isinstance(true_total, int)
    days = [count for _, count in shown.days if isinstance(count, int)]
    assert true_total - sum(days) == month["02", "/b"]
    changed = [report(other, rounded=False).total for other in others(month, 0, "02")]
    assert true_total not in changed


def test_hidden_paths_stand_in_the_order_of_their_names_and_not_of_their_numbers():
    month: Month = {("01", "/"): 20, ("01", "/b"): 9, ("01", "/a"): 1}

    assert report(month).paths == (("/", 20), ("/a", SMALL), ("/b", SMALL))
