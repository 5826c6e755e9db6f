"""Secrets while several people, or a termination, have to do with them at the same moment."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from leadlayer.core import keys
from leadlayer.core.table import Table, Update, Write
from leadlayer.webhooks.signing import is_signed
from leadlayer.webhooks.store import WebhookItem
from tests.console_calls import ConsoleCalls, people
from tests.integration.webhook_calls import Rig
from tests.world import World

URL = "http://127.0.0.1:9000/hook"
FORM = {"url": URL, "events": ["lead.created"]}


class Interrupted(Table):
    """Something happens after all was read and before a webhook is written."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def transact(self, writes: Sequence[Write]) -> None:
        if any(isinstance(write.item, WebhookItem) for write in writes):
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
        super().transact(writes)


class Careless(Interrupted):
    """Takes what is in the table for what was read."""

    def transact(self, writes: Sequence[Write]) -> None:
        super().transact(
            [replace(each, condition=None) if isinstance(each, Update) else each for each in writes]
        )


@pytest.fixture
def table(world: World) -> Interrupted:
    return Interrupted(clock=world.clock)


@pytest.fixture
def console(world: World, table: Interrupted) -> ConsoleCalls:
    people(world)
    return ConsoleCalls(replace(world, table=table))


def made(console: ConsoleCalls) -> tuple[str, str]:
    """Where it stands, and its secret."""
    status, answer = console.call("POST", "/v1/webhooks", FORM)
    assert status == 201
    return f"/v1/webhooks/{answer['id']}", answer["secret"]


def rotated(console: ConsoleCalls, place: str) -> str:
    status, answer = console.call("POST", f"{place}/secret")
    assert status == 200
    return answer["secret"]


def terminate(console: ConsoleCalls) -> None:
    name = console.call("GET", "/v1/account")[1]["name"]
    assert console.call("POST", "/v1/account/termination", {"confirmation": name})[0] == 200


def signing(console: ConsoleCalls, secrets: list[str]) -> list[bool]:
    """Which of them sign a request that is made now."""
    rig = Rig(console.world)
    now = console.world.clock()
    rig.add_lead(f"01KASB3H00M4X7C2V9B{now:%d%H%M%S}")
    rig.news()
    request = rig.endpoint.received[-1]
    return [is_signed(each, request.headers, request.body, now=now) for each in secrets]


def test_every_secret_signs_for_its_day_and_a_fourth_change_has_to_wait(console: ConsoleCalls):
    place, first = made(console)
    shown = [first]
    for _ in range(3):
        shown.append(rotated(console, place))
        console.world.clock.advance(hours=6)
    assert signing(console, shown) == [True, True, True, True]

    status, answer = console.call("POST", f"{place}/secret")
    assert (status, answer["code"]) == (409, "limit_reached")
    console.world.clock.advance(hours=6)
    assert signing(console, shown) == [False, True, True, True]
    assert console.call("POST", f"{place}/secret")[0] == 200


def at_once(console: ConsoleCalls, table: Interrupted) -> list[bool]:
    """Of the first secret and the two that two people make at once: which of them sign."""
    place, first = made(console)
    theirs: list[str] = []
    table.meanwhile = lambda: theirs.append(rotated(console, place))
    ours = rotated(console, place)
    return signing(console, [first, *theirs, ours])


def test_both_of_two_changes_at_once_give_a_secret_that_signs(
    console: ConsoleCalls, table: Interrupted
):
    assert at_once(console, table) == [True, True, True]


def test_twin_without_the_condition_one_of_them_would_not(world: World):
    people(world)
    careless = Careless(clock=world.clock)
    assert at_once(ConsoleCalls(replace(world, table=careless)), careless) == [True, False, True]


@pytest.mark.parametrize("is_new", [True, False])
def test_no_secret_outlives_a_termination_that_came_in_between(
    console: ConsoleCalls, table: Interrupted, is_new: bool
):
    place, _ = made(console)
    table.meanwhile = lambda: terminate(console)
    if is_new:
        status, answer = console.call("POST", "/v1/webhooks", FORM)
    else:
        status, answer = console.call("POST", f"{place}/secret")

    assert (status, answer["code"]) == (409, "account_terminated")
    (row,) = console.world.rows("webhook")
    assert not {"secret", "previous"} & row.keys()


@pytest.mark.parametrize("is_new", [True, False])
def test_twin_without_looking_at_the_account_it_would(world: World, is_new: bool):
    """The same writes, made without the one that the console adds."""
    people(world)
    rig = Rig(world)
    hook, _ = rig.add_webhook()
    terminate(ConsoleCalls(world))
    _ = rig.add_webhook() if is_new else rig.rotate(hook)

    rows = {row["sk"]["S"]: row for row in world.rows("webhook")}
    assert "secret" in rows[keys.webhook("w2" if is_new else "w1")]
