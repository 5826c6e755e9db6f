"""P09: only counters, the same write whoever looks, no identifier in a key, 500 paths a day."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.pixel import handler
from leadlayer.core.paths import scrub_path
from leadlayer.core.policy import policy
from leadlayer.views.model import OTHER, SiteFacts
from leadlayer.views.report import MonthReport, month_report
from leadlayer.views.service import Counter
from tests.clocks import START, FixedClock
from tests.world import Context, load_event

IDENTIFIERS = st.one_of(
    st.emails().map(str.lower),
    st.uuids().map(str),
    st.integers(10**8, 10**12).map(str),
    st.from_regex(r"\A\+316[0-9]{8}\Z"),
    st.from_regex(r"\A[0-9a-f]{20,32}\Z"),
)


class Recorder:
    """The store's side of the pixel: what would be written, byte by byte."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, ...]] = []

    def site_facts(self, site_id: str) -> SiteFacts:
        return SiteFacts("exempt", is_collecting=True)

    def paths_today(self, site_id: str, *, month: str, day: str) -> set[str]:
        return {write[-1] for write in self.writes}

    def add_one(self, site_id: str, *, month: str, day: str, path: str) -> None:
        self.writes.append((site_id, month, day, path))


def ping(**changes: Any) -> list[tuple[str, ...]]:
    views = Recorder()
    counter = Counter(views=views, clock=FixedClock(), most_paths=policy().paths_per_site_day)
    event = load_event("pixel.valid", **changes)
    event["requestContext"]["http"] |= changes.get("http", {})
    handler.handle(event, counter)
    return views.writes


def test_two_people_with_another_address_browser_and_language_write_the_same():
    here = ping()
    there = ping(
        headers={
            "user-agent": "Other/1.0",
            "accept-language": "de",
            "referer": "https://x.example",
        },
        http={"sourceIp": "2001:db8::1", "userAgent": "Other/1.0"},
    )

    assert here == there
    assert len(here) == 1


def test_twin_a_pixel_that_looks_at_the_agent_is_caught():
    def nosy(event: dict[str, Any]) -> str:
        return event["headers"]["user-agent"]

    here, there = load_event("pixel.valid"), load_event("pixel.valid")
    there["headers"]["user-agent"] = "Other/1.0"

    assert nosy(here) != nosy(there)


@given(IDENTIFIERS, st.sampled_from(["/bedankt/{}", "/a/{}/b", "/x?u={}", "/x#{}", "/{};v=1"]))
def test_an_identifier_never_becomes_a_key(identifier: str, template: str):
    path = scrub_path(template.format(identifier))

    assert identifier not in path
    assert identifier.partition("@")[0] not in path.split("/")


def test_twin_a_scrubber_that_only_drops_the_query_is_caught():
    def lazy(path: str) -> str:
        return path.partition("?")[0]

    assert "noor@example.com" in lazy("/bedankt/noor@example.com?a=1")
    assert "noor@example.com" not in scrub_path("/bedankt/noor@example.com?a=1")


def test_at_most_500_paths_a_day_and_the_rest_together():
    views = Recorder()
    counter = Counter(views=views, clock=FixedClock(), most_paths=policy().paths_per_site_day)
    names = [f"/seite-{chr(97 + a)}{chr(97 + b)}" for a in range(25) for b in range(21)]

    for name in names:
        handler.handle(load_event("pixel.valid", queryStringParameters={"p": name}), counter)

    paths = {write[-1] for write in views.writes}
    assert len(names) == len(views.writes) == 525
    assert len(paths - {OTHER}) == 500 == policy().paths_per_site_day
    assert [write[-1] for write in views.writes].count(OTHER) == 25


def test_no_event_row_is_kept_only_a_number_that_goes_up():
    assert json.dumps(ping()) == json.dumps([["s_demo", "2026-11", "23", "/fietsen/stadsfiets"]])
    assert Context().function_name


class Counted:
    """A month's counters as the store would read them."""

    def __init__(self, *cells: tuple[str, str, int]) -> None:
        self._cells = cells

    def cells(self, site_id: str, month: str) -> list[tuple[str, str, int]]:
        return list(self._cells)


def shown(*cells: tuple[str, str, int], rounded: bool = True) -> MonthReport:
    return month_report("s", "2026-11", views=Counted(*cells), now=START, rounded=rounded)


CELLS = st.lists(
    st.tuples(
        st.integers(1, 30).map("{:02}".format), st.sampled_from(["/", "/a", "/b", OTHER]),
        st.integers(1, 30),
    )
)  # fmt: skip


@given(CELLS)
def test_who_has_no_need_of_small_numbers_never_sees_one(cells: list[tuple[str, str, int]]):
    report = shown(*cells)

    numbers = [report.total, *(count for _, count in (*report.days, *report.paths))]
    assert not [count for count in numbers if isinstance(count, int) and 0 < count < 10]


def test_twin_the_same_numbers_are_shown_to_who_needs_them():
    report = shown(("23", "/", 3), rounded=False)

    assert (report.total, report.days, report.paths) == (3, (("2026-11-23", 3),), (("/", 3),))


@given(CELLS)
def test_no_view_is_lost_by_being_shown_together(cells: list[tuple[str, str, int]]):
    report = shown(*cells, rounded=False)

    assert report.total == sum(count for _, _, count in cells)
    assert report.total == sum(int(count) for _, count in report.paths)
    assert report.total == sum(int(count) for _, count in report.days)


def test_what_is_shown_of_a_day_is_500_paths_too():
    names = [("23", f"/seite-{number}", 1) for number in range(525)]

    report = shown(*names, rounded=False)

    assert len(report.paths) == 501
    assert dict(report.paths)[OTHER] == 25
