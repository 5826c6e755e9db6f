"""One list of several sites: complete, in order, in bounded reads, whatever is filtered out."""

from dataclasses import dataclass, field
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.console.newest import ids_between, newest
from leadlayer.core.ids import ulid
from tests.clocks import START


@dataclass(frozen=True)
class Row:
    id: str


@dataclass
class Sites:
    rows: dict[str, list[str]]
    read_pages: list[tuple[str, int]] = field(default_factory=list)
    read_rows: int = 0

    def read(self, site: str, ids: tuple[str, str], most: int) -> list[Row]:
        low, high = ids
        assert low <= high, "DynamoDB refuses such a range"
        self.read_pages.append((site, most))
        found = sorted((row for row in self.rows[site] if low <= row <= high), reverse=True)
        self.read_rows += len(found[:most])
        return [Row(row) for row in found[:most]]

    def page(self, cursor: str | None = None, *, limit: int = 50, wanted=lambda row: True):
        return newest(
            list(self.rows),
            ids_between(None, cursor),
            read=self.read,
            is_wanted=wanted,
            limit=limit,
        )

    def all(self, **options) -> list[str]:
        found, cursor = self.page(**options)
        rows = list(found)
        while cursor:
            found, cursor = self.page(cursor, **options)
            rows += found
        return [row.id for row in rows]


def ids(*numbers: int) -> list[str]:
    return [f"01KASB3H00{number:016}" for number in numbers]


@pytest.mark.parametrize("limit", [1, 2, 3, 50, 100])
def test_pages_of_any_size_give_every_row_once_newest_first(limit: int):
    rows = ids(*range(130))
    sites = Sites({"a": rows[::3], "b": rows[1::3], "c": rows[2::3], "empty": []})

    assert sites.all(limit=limit) == rows[::-1]


def test_the_last_page_has_no_cursor_even_when_it_is_full():
    sites = Sites({"a": ids(1, 2)})

    assert sites.page(limit=2) == ([Row(each) for each in ids(2, 1)], None)
    assert sites.page(limit=1)[1] == ids(2)[0]


def test_an_id_that_ends_in_the_smallest_character_is_still_left_out_below_itself():
    rows = ["A0", "A1", "AZ", "B0"]

    assert Sites({"a": rows}).all(limit=1) == rows[::-1]


def test_a_rare_state_costs_ten_pages_and_then_a_cursor():
    rows = ids(*range(2000))
    sites = Sites({"a": rows})

    found, cursor = sites.page(wanted=lambda row: row.id == rows[0])

    assert found == []
    # One more than fits the answer, to know whether there is more.
    assert sites.read_pages == [("a", 51)] * 10
    assert cursor == rows[2000 - 510]
    assert sites.all(wanted=lambda row: row.id == rows[0]) == [rows[0]]


def test_a_rare_state_costs_no_more_with_small_pages():
    rows = ids(*range(2000))
    sites = Sites({"a": rows})

    found, _ = sites.page(wanted=lambda row: False, limit=1)

    assert found == []
    # From a few to a page, and then as far as with large ones.
    asked = [most for _, most in sites.read_pages]
    assert asked[:6] == [5, 10, 20, 40, 50, 50]
    assert 450 < sum(asked) < 560


@pytest.mark.parametrize(("limit", "most"), [(1, 250), (50, 330), (100, 410)])
@pytest.mark.parametrize("is_even", [True, False])
def test_fifty_sites_cost_a_few_rows_each(limit: int, most: int, *, is_even: bool):
    rows = ids(*range(5000))
    # Either all sites are as busy, or all that is new is of one.
    step = [(n % 50 if is_even else n // 100) for n in range(5000)]
    sites = Sites({f"s{n}": [] for n in range(50)})
    for row, site in zip(rows, step, strict=True):
        sites.rows[f"s{site}"].append(row)

    found, _ = sites.page(limit=limit)

    assert [row.id for row in found] == rows[::-1][:limit]
    assert sites.read_rows <= most


@given(
    st.lists(st.lists(st.integers(0, 400), max_size=60), min_size=1, max_size=8),
    st.integers(1, 30),
    st.integers(1, 5),
)
def test_whatever_the_sites_hold_every_wanted_row_comes_once_in_order(
    numbers: list[list[int]], limit: int, every: int
):
    """Of ids that are one site's alone, as real ones are."""
    owners = {number: site for site, held in enumerate(numbers) for number in held}
    sites = Sites({str(site): [] for site in range(len(numbers))})
    for number, site in owners.items():
        sites.rows[str(site)] += ids(number)
    expected = ids(*(n for n in sorted(owners, reverse=True) if n % every == 0))

    assert sites.all(limit=limit, wanted=lambda row: int(row.id[10:]) % every == 0) == expected


def test_a_site_more_costs_one_page_more():
    rows = ids(*range(3000))
    sites = Sites({"a": rows[::2], "b": rows[1::2]})

    sites.page(wanted=lambda row: False)

    assert len(sites.read_pages) == 11


def test_a_day_is_all_of_its_milliseconds_and_none_of_the_next():
    low, high = ids_between(date(2026, 11, 23), None)
    first = ulid(START.replace(hour=0))
    last = ulid(START.replace(hour=23, minute=59, second=59, microsecond=999_000))
    next_day = ulid(START.replace(day=24, hour=0))

    assert low <= first < last <= high < next_day
    assert ulid(START.replace(day=22, hour=23, minute=59)) < low


@pytest.mark.parametrize("day", [date.min, date.max, date(1969, 12, 31)])
def test_a_day_that_no_lead_can_have_is_an_empty_list(day: date):
    sites = Sites({"a": ids(1)})
    low_and_high = ids_between(day, None)

    assert newest(["a"], low_and_high, read=sites.read, is_wanted=bool, limit=5) == ([], None)
