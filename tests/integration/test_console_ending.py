"""What is made while the account ends does not outlive it; the end never gets stuck, and is one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from leadlayer.accounts.ending import last_second
from leadlayer.accounts.store import AccountStore
from leadlayer.core.table import Check, Table
from leadlayer.sites.store import SiteStore
from tests.console_calls import ConsoleCalls, people
from tests.console_samples import GUARDED, OWN, SAMPLES, ask, code_of
from tests.world import SITE, World

END = "/v1/account/termination"
CONFIRMED = {"confirmation": "Demo B.V."}
MAKING = ["POST /v1/sites", "POST /v1/api-keys"]


class Ending(Table):
    """The account is ended between the door and what the route writes."""

    end: Callable[[], object]
    kind = ""

    def transact(self, writes: Any) -> None:
        if any(self.kind == write.item.KIND for write in writes):
            end, self.end = self.end, lambda: None
            end()
        super().transact(self.kept(writes))

    def kept(self, writes: Any) -> Any:
        return writes


class Careless(Ending):
    """The planted fault: nobody asks whether the account is still there."""

    def kept(self, writes: Any) -> Any:
        return [write for write in writes if not isinstance(write, Check)]


def made_while_ending(world: World, call: str, table: type[Ending]) -> tuple[int, Any]:
    people(world)
    ending = table(clock=world.clock)
    ending.kind = "site" if call.endswith("sites") else "api_key"
    other = ConsoleCalls(world)
    ending.end = lambda: other.call("POST", END, CONFIRMED)
    world.table = ending
    method, path = call.split()
    return ConsoleCalls(world).call(method, path, SAMPLES[call].body)


@pytest.mark.parametrize("call", MAKING)
def test_what_is_made_while_the_account_ends_is_not_made(world: World, call: str):
    status, answer = made_while_ending(world, call, Ending)

    assert (status, answer["code"]) == (409, "account_terminated")
    assert world.rows("api_key") == []
    assert [site.state for site in SiteStore(world.table).of_account("a_demo")] in (
        [], ["terminated"]
    )  # fmt: skip


@pytest.mark.parametrize("call", MAKING)
def test_twin_without_the_check_it_outlives_the_account(world: World, call: str):
    assert made_while_ending(world, call, Careless)[0] == 201
    account = AccountStore(world.table).find("a_demo")
    assert account is not None
    assert account.state == "terminated"


# Very many sites


def states(world: World) -> set[str]:
    found = [SiteStore(world.table).find(f"s_{number:03}") for number in range(120)]
    return {site.state for site in found if site is not None}


@pytest.fixture
def many(world: World) -> ConsoleCalls:
    people(world)
    for number in range(120):
        world.save_site(replace(SITE, id=f"s_{number:03}"))
    return ConsoleCalls(world)


def test_an_account_with_too_many_sites_ends_and_comes_back(many: ConsoleCalls, world: World):
    assert many.call("POST", END, CONFIRMED)[0] == 200
    assert states(world) == {"terminated"}

    assert many.call("DELETE", END, state="terminated")[0] == 200
    assert states(world) == {"active"}


class Cut(Table):
    """Dies after one transaction of sites."""

    left = 1

    def transact(self, writes: Any) -> None:
        if any(write.item.KIND == "site" for write in writes):
            if not self.left:
                raise RuntimeError
            self.left -= 1
        super().transact(writes)


@pytest.mark.parametrize("back", [False, True])
def test_who_asks_again_finishes_what_a_crash_left(many: ConsoleCalls, world: World, back: bool):
    call = ("DELETE", END) if back else ("POST", END, CONFIRMED)
    if back:
        many.call("POST", END, CONFIRMED)
    whole, world.table = world.table, Cut(clock=world.clock)
    ConsoleCalls(world).call(*call, state="terminated")
    assert states(world) == {"active", "terminated"}

    world.table = whole
    assert ConsoleCalls(world).call(*call, state="active" if back else "terminated")[0] == 200

    assert states(world) == {"active" if back else "terminated"}


def test_the_rest_of_coming_back_turns_nothing_on_once_the_account_has_ended_again(
    many: ConsoleCalls, world: World
):
    many.call("POST", END, CONFIRMED)

    class EndedAgain(Table):
        """Between the first sites of a return and the rest of them, somebody ends the account."""

        seen = 0

        def transact(self, writes: Any) -> None:
            self.seen += any(write.item.KIND == "site" for write in writes)
            if self.seen == 2:
                self.seen += 1
                many.call("POST", END, CONFIRMED)
            super().transact(writes)

    whole, world.table = world.table, EndedAgain(clock=world.clock)
    status, _ = ConsoleCalls(world).call("DELETE", END, state="terminated")

    world.table = whole
    assert status == 503
    assert states(world) == {"terminated"}


class AnswerLost(Table):
    """The end is written; its answer is lost, and the next try finds it written."""

    def _transact_once(self, writes: Any) -> None:
        super()._transact_once(writes)
        if any(write.item.KIND == "account" and not isinstance(write, Check) for write in writes):
            super()._transact_once(writes)


def test_an_end_whose_answer_was_lost_is_no_lost_race(world: World):
    people(world)
    world.save_site()
    world.table = AnswerLost(clock=world.clock)

    status, account = ConsoleCalls(world).call("POST", END, CONFIRMED)

    assert (status, account["state"]) == (200, "terminated")
    assert account["terminated_at"] is not None


# After the last second


@pytest.mark.parametrize("terminated_at", ["2026-11-23T10:00:00Z", "2026-02-01T12:00:00Z"])
@pytest.mark.parametrize(("seconds", "is_over"), [(-1, False), (0, False), (1, True)])
def test_after_the_last_second_one_can_be_told_so_and_sign_out(
    world: World, terminated_at: str, seconds: int, is_over: bool
):
    people(world)
    accounts = AccountStore(world.table)
    account = accounts.find("a_demo")
    assert account is not None
    accounts.save(replace(account, state="terminated", terminated_at=terminated_at))
    world.clock.now = last_second(terminated_at)
    world.clock.advance(seconds=seconds)
    calls = ConsoleCalls(world)

    for rule in GUARDED:
        signs_out = rule.action == "self" and rule.method == "DELETE"
        # Coming back would end the test before the end.
        if (rule.method, rule.path) == ("DELETE", END):
            continue
        answer = ask(calls, rule, OWN, state="terminated")
        if is_over and not signs_out:
            assert (answer["statusCode"], code_of(answer)) == (409, "account_terminated"), rule
            assert "is over" in answer["body"]
        elif rule.path == "/v1/account" and rule.method == "GET":
            assert answer["statusCode"] == 200
        elif signs_out:
            assert answer["statusCode"] in (204, 404)
    back = calls.call("DELETE", END, state="terminated")[0]
    assert back == (409 if is_over else 200)
