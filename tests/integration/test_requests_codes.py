"""One-time codes: six digits that say who asks, for ten minutes, three tries and one request."""

import pytest

from leadlayer.core.errors import Problem
from leadlayer.privacy.requests_model import Request
from tests.fakes.interrupted_table import Interrupted
from tests.fakes.requests import Desk
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_code_verifies_once_within_ten_minutes(desk: Desk):
    request = asked(desk)
    desk.codes.send("a_demo", request.id, code_id="c_1")
    code = desk.codes.code(request.id, "c_1")

    verified_request = desk.codes.verify("a_demo", request.id, code, event_id="v_1")
    assert (verified_request.state, verified_request.method) == ("verified", "code")
    assert desk.world.rows("request_code") == []
    assert desk.codes.verify("a_demo", request.id, "", event_id="v_1") == verified_request
    with pytest.raises(Problem) as refused:
        desk.codes.verify("a_demo", request.id, code, event_id="v_2")
    assert refused.value.code == "invalid_code"


def asked(desk: Desk) -> Request:
    request = desk.open()
    desk.do(request, "route")
    return desk.do(request, "ask_identity")


def tries(desk: Desk, request: Request, code: str, number: int = 0) -> str:
    try:
        desk.codes.verify("a_demo", request.id, code, event_id=f"t_{number}")
    except Problem as problem:
        return problem.code
    return "verified"


@pytest.mark.parametrize(("seconds", "outcome"), [(599, "verified"), (600, "invalid_code")])
def test_a_code_ends_after_ten_minutes(desk: Desk, seconds: int, outcome: str):
    request = asked(desk)
    desk.codes.send("a_demo", request.id, code_id="c_1")
    desk.world.clock.advance(seconds=seconds)

    assert tries(desk, request, desk.codes.code(request.id, "c_1")) == outcome


@pytest.mark.parametrize(("wrong", "outcome"), [(2, "verified"), (3, "invalid_code")])
def test_a_code_can_be_tried_three_times(desk: Desk, wrong: int, outcome: str):
    request = asked(desk)
    desk.codes.send("a_demo", request.id, code_id="c_1")
    code = desk.codes.code(request.id, "c_1")
    other = f"{(int(code) + 1) % 10**6:06}"

    assert [tries(desk, request, other) for _ in range(wrong)] == ["invalid_code"] * wrong
    assert tries(desk, request, code) == outcome


def test_a_code_of_another_request_is_wrong_and_no_code_is_wrong_too(desk: Desk):
    one, two = asked(desk), asked(desk)
    desk.codes.send("a_demo", one.id, code_id="c_1")

    assert tries(desk, two, desk.codes.code(one.id, "c_1")) == "invalid_code"
    assert tries(desk, two, "") == "invalid_code"
    desk.codes.send("a_demo", two.id, code_id="c_1")
    assert tries(desk, one, desk.codes.code(two.id, "c_1")) == "invalid_code"


def test_a_newer_code_replaces_the_older_and_there_are_five(desk: Desk):
    request = asked(desk)
    for number in range(5):
        desk.codes.send("a_demo", request.id, code_id=f"c_{number}")
        # The same mail once more.
        desk.codes.send("a_demo", request.id, code_id=f"c_{number}")

    with pytest.raises(Problem) as refused:
        desk.codes.send("a_demo", request.id, code_id="c_6")
    assert refused.value.code == "request_too_many_codes"
    assert tries(desk, request, desk.codes.code(request.id, "c_0")) == "invalid_code"
    assert tries(desk, request, desk.codes.code(request.id, "c_4"), 1) == "verified"


def test_the_table_holds_no_code_and_no_plain_hash_of_one(desk: Desk):
    request = asked(desk)
    desk.codes.send("a_demo", request.id, code_id="c_1")
    code = desk.codes.code(request.id, "c_1")

    (row,) = desk.world.rows("request_code")
    assert len(code) == 6
    assert code not in row["hash"]["S"]
    assert row["hash"]["S"] == desk.world.keyring.code_hash(request.id, code)
    assert row["hash"]["S"] != desk.world.keyring.code_hash("other", code)


def test_a_code_that_was_used_meanwhile_verifies_nothing(desk: Desk):
    request = asked(desk)
    desk.codes.send("a_demo", request.id, code_id="c_1")
    code = desk.codes.code(request.id, "c_1")
    table = Interrupted(desk.world, 4)
    table.rival = lambda: desk.codes.verify("a_demo", request.id, code, event_id="rival")

    assert tries(Desk(desk.world, table), request, code) in ("invalid_code", "request_not_now")
    assert desk.requests.find("a_demo", request.id).version == request.version + 2
