"""One customer's endpoint, dead or slow, keeps nobody else's news from being told."""

from datetime import timedelta
from typing import Any

import pytest

from leadlayer.core import keys
from leadlayer.core.table import Page, Table, Update
from tests.integration.webhook_calls import Rig, failed
from tests.world import World

DEAD = "https://dead.example.com/"
SLOW = "https://slow.example.com/"
GOOD = "https://good.example.com/"
LEADS = tuple(f"01KASB3H00M4X7C2V9B5N8Q{number:03}" for number in range(40))


class SmallPages(Table):
    """Lists so little at once that one customer's deliveries fill many pages."""

    def query_index(self, *args: Any, **options: Any) -> Page[Any]:
        return super().query_index(*args, **options | {"limit": 3})


class Staying(SmallPages):
    """Puts nothing off."""

    def write(self, write: Any) -> None:
        is_put_off = isinstance(write, Update) and len(write.actions) == 1
        if not is_put_off:
            super().write(write)


def crowded(world: World, table: type[Table] = SmallPages) -> Rig:
    """Much is due to `w1` before anything is due to `w2`, whose endpoint is well."""
    rig = Rig(world, table=table(clock=world.clock))
    rig.add_webhook(url=DEAD)
    rig.add_webhook(url=GOOD)
    for lead in LEADS:
        rig.add_lead(lead)
    rig.owe("w1", *LEADS)
    world.clock.advance(seconds=1)
    rig.owe("w2", LEADS[0])
    world.clock.advance(seconds=1)
    return rig


def told(rig: Rig, url: str) -> int:
    return sum(request.url == url for request in rig.endpoint.received)


def test_whoever_is_behind_a_dead_endpoint_is_told_in_the_same_sweep(world: World):
    rig = crowded(world)
    rig.endpoint.slow, rig.endpoint.takes = {DEAD: "timeout"}, {DEAD: 11}
    rig.sweep()

    assert told(rig, GOOD) == 1
    assert [outcome for _, outcome in sorted(rig.log)] == ["timeout", "delivered"]


def test_what_waits_for_a_dead_endpoint_does_not_stand_first_again(world: World):
    rig = crowded(world)
    rig.endpoint.slow = {DEAD: "timeout"}
    rig.sweep()
    world.clock.advance(seconds=1)
    rig.owe("w2", LEADS[1])
    world.clock.advance(minutes=5)
    due, _ = rig.deliveries.due(limit=100)

    assert len(due) == len(LEADS) + 1
    assert due[0].webhook_id == "w2"


def test_twin_without_putting_off_it_would(world: World):
    rig = crowded(world, Staying)
    rig.endpoint.slow = {DEAD: "timeout"}
    rig.sweep()
    world.clock.advance(seconds=1)
    rig.owe("w2", LEADS[1])
    world.clock.advance(minutes=5)

    assert rig.deliveries.due(limit=100)[0][0].webhook_id == "w1"


def test_a_dead_endpoint_that_comes_back_is_told_everything(world: World):
    rig = crowded(world)
    rig.endpoint.slow = {DEAD: "timeout"}
    rig.sweep()
    rig.endpoint.slow = {}
    for _ in range(2):
        world.clock.advance(minutes=5)
        rig.sweep()

    assert told(rig, DEAD) == len(LEADS)
    assert set(rig.states.values()) == {"delivered"}


def test_a_slow_endpoint_gets_its_share_of_a_sweep_and_the_rest_of_its_news_later(world: World):
    rig = crowded(world)
    rig.endpoint.takes = {DEAD: 4.5}
    rig.sweep()

    assert (told(rig, DEAD), told(rig, GOOD)) == (5, 1)
    for _ in range(7):
        world.clock.advance(minutes=5)
        rig.sweep()
    assert (told(rig, DEAD), len(rig.endpoint.ids)) == (len(LEADS), len(LEADS) + 1)


# First attempts, which the stream makes


@pytest.fixture
def rig(world: World) -> Rig:
    return Rig(world)


def news(rig: Rig, lead: str) -> None:
    rig.add_lead(lead)
    rig.news()


def test_a_first_attempt_has_less_time_than_the_schedule_has(rig: Rig):
    rig.add_webhook()
    rig.endpoint.script = [500]
    rig.new_lead()
    rig.world.clock.advance(minutes=5)
    rig.sweep()

    assert rig.endpoint.within == [3, None]


def test_what_a_batch_has_no_time_for_is_left_to_the_schedule(rig: Rig):
    """Eight are told at once; before the ninth the batch's time is over."""
    rig.add_lead(LEADS[0])
    ids = [rig.add_webhook(url=SLOW)[0].id for _ in range(10)]
    for webhook_id in ids:
        rig.owe(webhook_id, LEADS[0])
    rig.endpoint.takes = {SLOW: 21}
    rows = [(keys.deliveries(LEADS[0]), f"{each}#lead.created") for each in ids]

    assert rig.stream(*rows) == failed()
    assert 1 <= told(rig, SLOW) <= 8
    rig.endpoint.takes = {}
    rig.sweep()
    assert told(rig, SLOW) == 10
    assert set(rig.states.values()) == {"delivered"}


def test_an_endpoint_that_is_slow_three_times_is_the_schedules_until_it_is_quick(rig: Rig):
    rig.add_webhook(url=SLOW)
    rig.endpoint.takes = {SLOW: 2.5}
    for lead in LEADS[:4]:
        news(rig, lead)
    assert told(rig, SLOW) == 3

    rig.sweep()
    assert told(rig, SLOW) == 4
    news(rig, LEADS[4])
    assert told(rig, SLOW) == 4

    rig.endpoint.takes = {}
    rig.sweep()
    news(rig, LEADS[5])
    assert told(rig, SLOW) == 6
    assert set(rig.states.values()) == {"delivered"}


def test_slow_answers_between_quick_ones_count_for_nothing(rig: Rig):
    rig.add_webhook(url=SLOW)
    for number, lead in enumerate(LEADS[:9]):
        rig.endpoint.takes = {} if number % 3 == 2 else {SLOW: 2.5}
        news(rig, lead)
    assert told(rig, SLOW) == 9


def test_waiting_for_the_schedule_is_no_longer_than_its_pace(rig: Rig):
    """What is put off is due again at the next sweep, however long the last one took."""
    rig.add_webhook(url=DEAD)
    rig.endpoint.slow = {DEAD: "timeout"}
    for lead in LEADS[:2]:
        rig.add_lead(lead)
    rig.owe("w1", *LEADS[:2])
    began = rig.world.clock()
    rig.world.clock.advance(seconds=114)
    rig.sweep()
    rig.world.clock.now = began + timedelta(minutes=5)
    assert [due.about_id for due in rig.deliveries.due(limit=9)[0]] == [LEADS[1]]
