"""A double click, a network retry and a race leave one lead; half a lead is never left."""

import threading
from dataclasses import replace

import pytest

from leadlayer.core.table import Table
from tests.clocks import FixedClock
from tests.integration.lead_calls import (
    LEAD,
    code,
    handle,
    lasting,
    post,
)
from tests.world import SITE, World, body_of, load_event


def test_the_same_request_again_gets_the_same_answer_and_writes_nothing_more(world):
    first = post(world)
    before = lasting(world)
    for _ in range(20):
        again = post(world)
        assert (again["statusCode"], again["body"]) == (201, first["body"])
    assert lasting(world) == before


def test_without_a_key_each_request_is_a_lead_of_its_own(world):
    event = load_event("leads.valid", body=LEAD)
    del event["headers"]["idempotency-key"]
    ids = {body_of(handle(world, event))["lead"] for _ in range(2)}
    assert len(ids) == len(world.rows("lead")) == 2
    assert world.rows("idempotency") == []


def test_a_key_that_was_used_for_another_body_is_a_conflict_and_writes_nothing(world):
    post(world)
    before = lasting(world)
    assert code(post(world, LEAD | {"name": "Iemand Anders"})) == (409, "idempotency_key_reused")
    assert lasting(world) == before


def test_a_key_belongs_to_its_site(world):
    world.save_site(replace(SITE, id="s_two"))
    post(world)
    path = {"rawPath": "/v1/sites/s_two/leads", "pathParameters": {"site": "s_two"}}
    assert post(world, LEAD | {"name": "Iemand Anders"}, **path)["statusCode"] == 201


@pytest.mark.parametrize(("seconds", "leads"), [(86_399, 1), (86_400, 2)])
def test_a_key_is_remembered_for_24_hours(world, seconds, leads):
    post(world)
    world.clock.advance(seconds=seconds)
    assert post(world)["statusCode"] == 201
    assert len(world.rows("lead")) == leads


class Racing(Table):
    """Every request has looked before any of them writes: the worst case of a double click."""

    def __init__(self, clock: FixedClock, racers: int) -> None:
        super().__init__(clock=clock)
        self.start = threading.Barrier(racers, timeout=20)
        self.turn = threading.Lock()  # moto itself is not safe for threads

    def find(self, model, pk, sk):
        with self.turn:
            return super().find(model, pk, sk)

    def write(self, write) -> None:
        with self.turn:
            super().write(write)

    def transact(self, writes) -> None:
        self.start.wait()
        with self.turn:
            super().transact(writes)


def race(world: World, event: dict, racers: int = 4) -> list[dict]:
    table = Racing(world.clock, racers)
    answers: list[dict] = []
    threads = [
        threading.Thread(target=lambda: answers.append(handle(world, event, table=table)))
        for _ in range(racers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_requests_that_race_each_other_make_one_lead_and_get_one_answer(world):
    answers = race(world, load_event("leads.valid", body=LEAD))
    assert [answer["statusCode"] for answer in answers] == [201] * 4
    assert len({answer["body"] for answer in answers}) == 1
    assert {kind: len(world.rows(kind)) for kind in ("lead", "mail", "subject_ref")} == {
        "lead": 1, "mail": 1, "subject_ref": 2,
    }  # fmt: skip


def test_the_check_would_see_requests_that_are_not_recognised_as_the_same(world):
    event = load_event("leads.valid", body=LEAD)
    del event["headers"]["idempotency-key"]
    race(world, event, racers=2)
    assert len(world.rows("lead")) == 2


def test_a_lead_is_written_whole_or_not_at_all(world):
    class Broken(Table):
        def transact(self, writes) -> None:
            # The last write cannot hold: everything before it must not stay.
            super().transact([*writes, writes[0]])

    before = lasting(world)
    answer = handle(world, load_event("leads.valid"), table=Broken(clock=world.clock))
    assert code(answer) == (500, "internal")
    assert lasting(world) == before
