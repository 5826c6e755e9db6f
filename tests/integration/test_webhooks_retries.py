"""An event is told again until it is taken, with longer and longer waits, and an endpoint in
trouble costs the others next to nothing."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from leadlayer.core import keys
from leadlayer.core.table import Table, Write
from leadlayer.notices.store import NoticeItem
from leadlayer.webhooks.delivery import BACK_OFF
from leadlayer.webhooks.model import Delivery
from tests.integration.webhook_calls import LEAD, Rig, failed, records
from tests.world import Context, World


@pytest.fixture
def rig(world: World) -> Rig:
    return Rig(world)


def test_it_is_tried_six_times_with_longer_and_longer_waits_and_then_left(rig: Rig):
    rig.add_webhook()
    rig.endpoint.usual = 500
    rig.new_lead()
    for count, wait in enumerate(BACK_OFF, start=1):
        assert len(rig.endpoint.received) == count
        rig.world.clock.advance(seconds=wait.total_seconds() - 1)
        rig.sweep()
        assert len(rig.endpoint.received) == count
        rig.world.clock.advance(seconds=1)
        rig.sweep()
    assert rig.states == {f"{LEAD}/w1": "failed"}
    rig.world.clock.advance(days=5)
    rig.sweep()

    assert len(rig.endpoint.received) == 6
    assert len(set(rig.endpoint.ids)) == 1
    assert rig.log == [(500, "rejected")] * 6
    assert sum(BACK_OFF, timedelta()) == timedelta(hours=34, minutes=35)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_yes(rig: Rig, status: int):
    rig.add_webhook()
    rig.endpoint.usual = status
    rig.new_lead()
    assert rig.states == {f"{LEAD}/w1": "delivered"}


@pytest.mark.parametrize("fate", [199, 301, 308, 400, 401, 404, 429, 500, 503, "timeout", "tls",
                                  "unreachable", "refused", "bad_answer"])  # fmt: skip
def test_anything_else_is_tried_again(rig: Rig, fate: int | str):
    rig.add_webhook()
    rig.endpoint.script = [fate]
    rig.new_lead()
    assert rig.states == {f"{LEAD}/w1": "pending"}
    rig.world.clock.advance(minutes=5)
    rig.sweep()
    assert rig.states == {f"{LEAD}/w1": "delivered"}
    expected = (0, fate) if isinstance(fate, str) else (fate, "rejected")
    assert rig.log == [expected, (200, "delivered")]


def test_a_worker_that_dies_leaves_a_delivery_that_comes_up_again(rig: Rig):
    rig.add_webhook()
    rig.endpoint.script = ["died", "sent and died"]
    rig.new_lead()
    for _ in range(2):
        rig.world.clock.advance(minutes=30)
        rig.sweep()
    assert rig.endpoint.ids == [f"lead_{LEAD}"] * 2
    assert rig.states == {f"{LEAD}/w1": "delivered"}


def test_a_worker_that_dies_each_time_ends_as_failed(rig: Rig):
    rig.add_webhook()
    rig.endpoint.usual = "died"
    rig.new_lead()
    for _ in range(8):
        rig.world.clock.advance(days=1)
        rig.sweep()
    assert rig.states == {f"{LEAD}/w1": "failed"}


def test_our_own_failure_is_reported_and_the_rest_of_the_batch_is_done(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    event = {"Records": records([("LEADS#s_demo", "x"), ("LEADS#s_demo", f"LEAD#{LEAD}")])}
    event["Records"][0]["dynamodb"]["Keys"] = {}
    assert rig.handle(event, Context()) == failed(0)
    assert rig.states == {f"{LEAD}/w1": "pending"}


def test_two_workers_do_not_send_the_same_at_once(rig: Rig):
    """Both saw it due; the second to count its attempt finds that it is no longer."""
    rig.add_webhook()
    rig.add_lead()
    rig.stream(("LEADS#s_demo", f"LEAD#{LEAD}"))
    delivery = rig.deliveries.find(LEAD, "w1", "lead.created")
    assert delivery is not None

    first, second = (rig.deliveries.take(delivery, wait=BACK_OFF[0]) for _ in range(2))
    assert (first, second) == (True, False)
    rig.sweep()
    assert rig.endpoint.received == []


# Endpoints in trouble


def test_410_disables_the_webhook_and_its_people_are_told(rig: Rig):
    rig.add_webhook()
    rig.endpoint.usual = 410
    rig.new_lead()

    assert rig.states == {f"{LEAD}/w1": "failed"}
    assert rig.webhook().state == "disabled"
    assert [row["kind"]["S"] for row in rig.world.rows("notice")] == ["webhook_disabled"]


class NoNotices(Table):
    """As if the function might not write them."""

    def write(self, write: Write) -> None:
        self.transact([write])

    def transact(self, writes: Sequence[Write]) -> None:
        if any(isinstance(write.item, NoticeItem) for write in writes):
            raise PermissionError
        super().transact(writes)


def test_what_people_are_not_told_has_not_happened_and_the_attempt_is_in_the_log(world: World):
    rig = Rig(world, table=NoNotices(clock=world.clock))
    rig.add_webhook()
    rig.endpoint.usual = 410
    rig.new_lead()
    assert (rig.webhook().state, rig.states) == ("enabled", {f"{LEAD}/w1": "pending"})
    assert rig.log == [(410, "rejected")]

    mended = Rig(world)
    mended.endpoint.usual = 410
    world.clock.advance(minutes=5)
    mended.sweep()
    assert (rig.webhook().state, rig.states) == ("disabled", {f"{LEAD}/w1": "failed"})
    assert [row["kind"]["S"] for row in world.rows("notice")] == ["webhook_disabled"]


def test_three_days_without_success_are_failing_once_and_a_success_ends_it(rig: Rig):
    rig.add_webhook()
    rig.endpoint.usual = 500
    for day in range(6):
        rig.add_lead(f"01KASB3H00M4X7C2V9B5N8Q{day:03}")
        rig.news()
        rig.sweep()
        assert rig.webhook().state == ("failing" if day >= 3 else "enabled")
        rig.world.clock.advance(days=1)
    assert [row["kind"]["S"] for row in rig.world.rows("notice")] == ["webhook_failing"]

    rig.endpoint.usual = 200
    rig.sweep()
    assert (rig.webhook().state, rig.webhook().failing_since) == ("enabled", None)


def test_a_disabled_webhook_stays_disabled_whatever_its_endpoint_says(rig: Rig):
    webhook, _ = rig.add_webhook()
    rig.endpoint.script = [500]
    rig.new_lead()
    rig.webhooks.disable(webhook)
    rig.webhooks.mark_working(webhook)
    rig.world.clock.advance(minutes=5)
    rig.sweep()

    assert rig.webhook().state == "disabled"
    assert rig.states == {f"{LEAD}/w1": "failed"}
    assert len(rig.endpoint.received) == 1


def test_an_endpoint_in_trouble_does_not_hold_up_the_stream_for_the_others(rig: Rig):
    rig.add_webhook(url="https://slow.example.com/")
    rig.add_webhook(url="https://quick.example.com/")
    rig.endpoint.slow = {"https://slow.example.com/": "timeout"}
    for number in range(3):
        rig.add_lead(f"01KASB3H00M4X7C2V9B5N8Q{number:03}")
        rig.news()

    outcomes = [row["outcome"]["S"] for row in rig.world.rows("delivery_attempt")]
    assert (outcomes.count("timeout"), outcomes.count("delivered")) == (1, 3)


def test_the_schedule_asks_an_endpoint_without_an_answer_once_and_the_others_for_all(rig: Rig):
    rig.add_webhook(url="https://slow.example.com/")
    rig.add_webhook(url="https://quick.example.com/")
    rig.endpoint.slow = {"https://slow.example.com/": "timeout"}
    for number in range(4):
        lead = rig.add_lead(f"01KASB3H00M4X7C2V9B5N8Q{number:03}")
        rig.stream((keys.leads("s_demo"), keys.lead(lead.id)))
    rig.sweep()

    outcomes = [row["outcome"]["S"] for row in rig.world.rows("delivery_attempt")]
    assert (outcomes.count("timeout"), outcomes.count("delivered")) == (1, 4)
    rig.endpoint.slow = {}
    rig.world.clock.advance(minutes=4)
    rig.sweep()
    assert sorted(rig.states.values()) == ["delivered"] * 7 + ["pending"]


def test_the_schedule_goes_through_more_than_one_page(rig: Rig):
    """Their leads are gone, so what the schedule has seen goes too."""
    rig.add_webhook()
    for number in range(60):
        about = f"01KASB3H00M4X7C2V9B5N8Q{number:03}"
        rig.deliveries.add(Delivery(about, "w1", "lead.created", "a_demo", "s_demo", "2026"))
    rig.sweep()
    assert rig.world.rows("delivery") == []
