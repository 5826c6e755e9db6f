"""P09: only counters, the same write whoever looks, no identifier in a key, 500 paths a day; and
of a month that is over for two years no small number."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.pixel import handler
from leadlayer.core import keys
from leadlayer.core.clock import epoch
from leadlayer.core.paths import scrub_path
from leadlayer.core.policy import policy
from leadlayer.core.table import Put
from leadlayer.privacy.purge_store import LEASE_S
from leadlayer.views.model import OTHER, SiteFacts
from leadlayer.views.promotion import month_statistics
from leadlayer.views.report import MonthReport, daily, month_report
from leadlayer.views.rows import MonthlyViewStore, MonthStatisticsItem, ViewItem
from leadlayer.views.service import Counter
from leadlayer.views.store import _expiry
from tests.clocks import START, FixedClock
from tests.integration.purge_calls import Killed, Mortal, Rig
from tests.world import TABLE, Context, World, load_event

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


# When a month leaves the window


def promoted(*cells: tuple[str, str, int]) -> dict[str, int]:
    limits = policy()
    return month_statistics(cells, least=limits.small_cell, most_paths=limits.paths_per_site_day)


@given(CELLS)
def test_no_number_under_ten_is_left_of_a_month_that_is_over(cells: list[tuple[str, str, int]]):
    kept = promoted(*cells)

    assert not [count for count in kept.values() if count < 10]
    whole = sum(count for _, _, count in cells)
    # Nor does a total tell one: it is the sum of what is shown, and all or nothing of what was.
    assert sum(kept.values()) == (whole if whole >= 10 else 0)


def test_small_paths_are_counted_together_and_with_them_the_next_if_they_are_too_few():
    assert promoted(("01", "/", 90), ("02", "/a", 9), ("03", "/b", 4)) == {"/": 90, OTHER: 13}
    assert promoted(("01", "/", 90), ("02", "/b", 12), ("03", "/a", 3)) == {"/": 90, OTHER: 15}
    assert promoted(("01", "/a", 9)) == {}


def test_twin_leaving_small_paths_out_or_alone_would_tell_their_number():
    def lazy(*cells: tuple[str, str, int]) -> dict[str, int]:
        other = sum(count for _, _, count in cells if count < 10)
        return {path: count for _, path, count in cells if count >= 10} | {OTHER: other}

    assert lazy(("01", "/", 90), ("02", "/a", 3))[OTHER] < 10


def test_a_month_of_many_paths_keeps_the_500_most_viewed():
    kept = promoted(*((f"{1 + n % 28:02}", f"/seite-{n}", 1_000 - n) for n in range(600)))

    assert len(kept) == 501
    assert kept[OTHER] == sum(range(401, 501))


# 2024-11's last day was over for 24 months here; its first one a month before.
WINDOW_ENDS = datetime(2026, 12, 1, tzinfo=UTC)


def counters(world: World, month: str = "2024-11") -> None:
    """As the pixel leaves them, two shards and all, with a site that began then."""
    world.clock.now = datetime.fromisoformat(f"{month}-03").replace(tzinfo=UTC)
    world.save_site()
    for day, path, count in (("03", "/", 40), ("03", "/a", 6), ("28", "/a", 5), ("28", "/b", 7)):
        for shard in (0, 3):
            row = ViewItem(keys.views("s_demo", month, shard), keys.view(day, path), views=count)
            row.expires_at = _expiry(month)
            world.table.write(Put(row))


def run_at(world: World, moment: datetime) -> Rig:
    rig = Rig(world)
    world.clock.now = moment - timedelta(seconds=1)
    rig.finish_until_now()
    world.clock.now = moment
    return rig


@pytest.mark.parametrize(("seconds", "months"), [(-1, 0), (0, 1), (1, 1)])
def test_a_month_is_promoted_in_the_second_in_which_its_last_day_leaves_the_window(
    world: World, seconds: int, months: int
):
    counters(world)
    rig = run_at(world, WINDOW_ENDS + timedelta(seconds=seconds))

    assert rig.run().get("month", 0) == months

    assert len(world.rows("view_counter")) == (0 if months else 8)
    assert len(world.rows("view_statistics")) == months


def test_what_stays_of_a_month_is_one_row_of_numbers_of_ten_and_more(world: World):
    counters(world)

    run_at(world, WINDOW_ENDS).run()

    (row,) = world.rows("view_statistics")
    assert row.keys() == {"pk", "sk", "type", "paths"}
    assert (row["pk"]["S"], row["sk"]["S"]) == ("STATS#s_demo", "2024-11")
    assert json.loads(row["paths"]["S"]) == {"/": 80, "/a": 22, "/b": 14}


def test_ttl_leaves_a_month_alone_until_it_is_promoted_and_no_report_shows_it(world: World):
    counters(world)
    ends = {int(row["expires_at"]["N"]) for row in world.rows("view_counter")}

    assert min(ends) >= epoch(WINDOW_ENDS + timedelta(days=30))
    for day, shown in ((WINDOW_ENDS - timedelta(days=4), ["28"]), (WINDOW_ENDS, [])):
        views = MonthlyViewStore(world.table)
        found = daily("s_demo", "2024-11", views=views, now=day)
        assert sorted({cell[0] for cell in found}) == shown


def test_a_purge_that_is_late_finds_what_ttl_has_not_taken_yet(world: World):
    counters(world)

    rig = run_at(world, WINDOW_ENDS)
    world.clock.advance(days=45)

    counts = rig.run()

    # And the month after it, which has no view.
    assert counts["month"] == 2
    assert len(world.rows("view_statistics")) == 1
    assert world.rows("view_counter") == []


def test_killed_at_every_call_a_month_is_counted_once_and_whole(world: World):
    counters(world)
    rig = run_at(world, WINDOW_ENDS)

    lived = list(rig.killed_at_every_call())

    assert len(lived) >= 5
    (row,) = world.rows("view_statistics")
    assert json.loads(row["paths"]["S"]) == {"/": 80, "/a": 22, "/b": 14}
    assert world.rows("view_counter") == []


def half_promoted(world: World) -> Rig:
    """Killed when what stays was written, and half of the counters were gone."""
    counters(world)
    rig = run_at(world, WINDOW_ENDS)
    life = Mortal(0)
    while not world.rows("view_statistics"):
        with pytest.raises(Killed):
            rig.run(life)
        world.clock.advance(seconds=LEASE_S)
        life = Mortal(life.calls)
    for row in world.rows("view_counter"):
        if row["pk"]["S"].endswith("#3"):
            key = {name: row[name] for name in ("pk", "sk")}
            world.client.delete_item(TableName=TABLE, Key=key)
    return rig


def test_what_was_written_before_the_end_of_a_run_is_what_stays(world: World):
    half_promoted(world).run()

    (row,) = world.rows("view_statistics")
    assert json.loads(row["paths"]["S"]) == {"/": 80, "/a": 22, "/b": 14}


def test_twin_statistics_that_are_added_up_again_lose_what_is_gone_already(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def over_what_was(self: MonthlyViewStore, site_id: str, month: str, paths: Any) -> None:
        row = MonthStatisticsItem(keys.statistics(site_id), month, paths=dict(paths))
        self._table.write(Put(row))

    rig = half_promoted(world)
    monkeypatch.setattr(MonthlyViewStore, "statistics", lambda *_: None)
    monkeypatch.setattr(MonthlyViewStore, "keep_statistics", over_what_was)
    rig.run()

    (row,) = world.rows("view_statistics")
    assert json.loads(row["paths"]["S"])["/"] == 40
