"""What counts as a view, under which path, and that it is one write."""

from collections import Counter as Tally

import pytest

from leadlayer.views.model import OTHER, Ping, SiteFacts
from leadlayer.views.service import Counter
from tests.clocks import FixedClock


class FakeViews:
    """Counts in memory what the real store would write and read."""

    def __init__(self, facts: SiteFacts | None, paths: set[str] | None = None) -> None:
        self.facts = facts
        self.written: Tally[str] = Tally()
        self.days: set[tuple[str, str]] = set()
        self.listings = 0
        self._there_before = paths or set()

    def site_facts(self, site_id: str) -> SiteFacts | None:
        return self.facts

    def paths_today(self, site_id: str, *, month: str, day: str) -> set[str]:
        self.listings += 1
        return self._there_before | set(self.written)

    def add_one(self, site_id: str, *, month: str, day: str, path: str) -> None:
        self.written[path] += 1
        self.days.add((month, day))


OPEN = SiteFacts("exempt", is_collecting=True)


def counter(views: FakeViews, most_paths: int = 500) -> Counter:
    return Counter(views=views, clock=FixedClock(), most_paths=most_paths)


def test_a_view_is_one_write_under_the_scrubbed_path():
    views = FakeViews(OPEN)

    assert counter(views).count(Ping("s", "/Fietsen/?q=geheim#x")) is None

    assert views.written == {"/fietsen": 1}
    assert views.days == {("2026-11", "23")}


@pytest.mark.parametrize(
    ("facts", "ping", "reason"),
    [
        (None, Ping("s", "/"), "unknown-site"),
        (SiteFacts("exempt", is_collecting=False), Ping("s", "/"), "no-privacy-notice"),
        (SiteFacts("off", is_collecting=True), Ping("s", "/"), "pixel-off"),
        (SiteFacts("consent", is_collecting=True), Ping("s", "/"), "no-consent"),
        (OPEN, Ping("s", "/", opts_out=True), "opted-out"),
    ],
)
def test_what_may_not_be_counted_writes_nothing_and_says_why(facts, ping, reason):
    views = FakeViews(facts)

    assert counter(views).count(ping) == reason

    assert not views.written


def test_a_site_that_asks_for_consent_counts_who_gave_it():
    views = FakeViews(SiteFacts("consent", is_collecting=True))

    assert counter(views).count(Ping("s", "/", has_consent=True)) is None

    assert views.written == {"/": 1}


def test_a_known_path_is_counted_without_reading_the_day():
    views = FakeViews(OPEN)
    counting = counter(views)

    for _ in range(5):
        counting.count(Ping("s", "/winkel"))

    assert views.written == {"/winkel": 5}
    assert views.listings == 1


def test_paths_beyond_the_days_number_go_to_other_and_known_ones_go_on():
    views = FakeViews(OPEN, paths={f"/seite-{letter}" for letter in "abc"})
    counting = counter(views, most_paths=4)

    for path in ("/neu", "/zuviel", "/auch-zuviel", "/neu", "/seite-a"):
        counting.count(Ping("s", path))

    assert views.written == {"/neu": 2, OTHER: 2, "/seite-a": 1}


def test_a_flood_of_made_up_paths_lists_a_full_day_once():
    views = FakeViews(OPEN, paths={f"/seite-{letter}" for letter in "abc"})
    counting = counter(views, most_paths=3)

    for letter in "defgh":
        counting.count(Ping("s", f"/unbekannt-{letter}"))

    assert views.written == {OTHER: 5}
    assert views.listings == 1


def test_the_other_row_itself_is_not_one_of_the_days_paths():
    views = FakeViews(OPEN, paths={"/a", OTHER})

    counter(views, most_paths=2).count(Ping("s", "/b"))

    assert views.written == {"/b": 1}


def test_yesterdays_paths_are_forgotten():
    views = FakeViews(OPEN)
    clock = FixedClock()
    counting = Counter(views=views, clock=clock, most_paths=500)
    counting.count(Ping("s", "/a"))
    clock.advance(days=1)

    counting.count(Ping("s", "/a"))

    assert list(counting._known) == [("s", "2026-11-24")]
