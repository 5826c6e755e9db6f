"""Whatever happens on the way, in whatever order: told at least once, and no more after a yes."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadlayer.core.table import Put, Table, Update
from leadlayer.webhooks.delivery import BACK_OFF
from tests.integration.webhook_calls import LEAD, Rig
from tests.reused_world import Reset

NEWS = ("LEADS#s_demo", f"LEAD#{LEAD}")
DELIVERY = (f"DELIVERY#{LEAD}", "w1#lead.created")
MOST = len(BACK_OFF) + 1

# What an endpoint or a worker does in turn, and what happens around them.
FATES = st.lists(
    st.sampled_from([200, 204, 500, 301, "timeout", "tls", "refused", "died", "sent and died"]),
    max_size=8,
)
STEPS = st.lists(
    st.sampled_from(["lead", "delivery", "both", "sweep", "minutes", "hours", "day"]), max_size=12
)


def play(rig: Rig, fates: Sequence[Any], steps: Sequence[str]) -> None:
    """Ends with a schedule that runs on until nothing can be due any more."""
    rig.add_webhook()
    rig.add_lead()
    rig.endpoint.script = list(fates)
    clock = rig.world.clock
    for step in (*steps, "lead", *["day", "sweep"] * (MOST + 1)):
        match step:
            case "lead":
                rig.stream(NEWS)
            case "delivery":
                rig.stream(DELIVERY)
            case "both":
                rig.stream(NEWS, DELIVERY, DELIVERY, NEWS)
            case "sweep":
                rig.sweep()
            case "minutes":
                clock.advance(minutes=5)
            case "hours":
                clock.advance(hours=2)
            case _:
                clock.advance(days=1)


@settings(max_examples=15, deadline=None)
@given(fates=FATES, steps=STEPS)
def test_an_event_is_told_at_least_once_and_no_more_after_a_yes(
    reset: Reset, fates: list[int | str], steps: list[str]
):
    rig = Rig(reset())
    play(rig, fates, steps)

    told = len(rig.endpoint.received)
    (state,) = rig.states.values()
    # Delivered means that there was a yes, and that it was the last request.
    assert state == ("delivered" if rig.endpoint.yes else "failed")
    assert rig.endpoint.yes == ([told] if rig.endpoint.yes else [])
    assert told <= MOST
    if len(fates) < MOST:
        # The endpoint works from then on, and an attempt was left for it.
        assert state == "delivered"
    assert set(rig.endpoint.ids) <= {f"lead_{LEAD}"}
    assert len({request.body for request in rig.endpoint.received}) <= 1


class Forgetful(Table):
    """Loses what was written after an attempt."""

    def write(self, write: Any) -> None:
        is_end = isinstance(write, Update) and "gsi1pk" in str(write.actions)
        if not is_end:
            super().write(write)


def test_twin_a_delivery_that_is_not_marked_is_told_again_after_the_yes(reset: Reset):
    world = reset()
    rig = Rig(world, table=Forgetful(clock=world.clock))
    play(rig, [], [])

    assert rig.endpoint.yes == list(range(1, MOST + 1))


class Overwriting(Table):
    """Takes news for new each time."""

    def write(self, write: Any) -> None:
        super().write(Put(write.item) if isinstance(write, Put) else write)


def test_twin_a_delivery_that_is_written_over_is_told_twice(reset: Reset):
    world = reset()
    rig = Rig(world, table=Overwriting(clock=world.clock))
    play(rig, [], ["lead", "delivery", "lead", "delivery"])

    assert len(rig.endpoint.yes) > 1
