"""Who is let in: no route without an action, no caller without a word from the authorizer."""

from datetime import timedelta

import pytest

from leadlayer.accounts.permissions import MATRIX
from leadlayer.console.access import OPEN, RECENT_S, Caller, Routes, admit, caller_of
from leadlayer.core.clock import epoch
from leadlayer.core.errors import Problem
from leadlayer.core.http import http_app
from tests.clocks import START, FixedClock

NOW = epoch(START)
PERSON = Caller("a_1", "owner", member_id="m_1", session_id="s", signed_in_at=NOW)
KEY = Caller("a_1", "owner", key_id="k_1")


def code(caller: Caller, action: str) -> str:
    with pytest.raises(Problem) as refused:
        admit(caller, action, clock=FixedClock())
    return refused.value.code


def said(**changes: object) -> dict:
    lambda_context = {
        "account": "a_1",
        "member": "m_1",
        "role": "owner",
        "account_state": "active",
        "key": "",
        "session": "s",
        "signed_in_at": NOW,
    } | changes
    return {"requestContext": {"authorizer": {"lambda": lambda_context}}}


def test_the_caller_is_who_the_authorizer_says():
    assert caller_of(said()) == PERSON
    assert PERSON.actor == "member:m_1"
    assert KEY.actor == "key:k_1"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": {}},
        {"requestContext": {"authorizer": {}}},
        {"requestContext": {"authorizer": {"lambda": None}}},
        {"requestContext": {"authorizer": {"lambda": {"account": "a_1"}}}},
        said(signed_in_at="soon"),
    ],
    ids=["nothing", "no authorizer", "empty", "none", "half", "no time"],
)
def test_half_a_word_of_the_authorizer_is_none(event: dict):
    with pytest.raises(Problem) as refused:
        caller_of(event)

    assert (refused.value.status, refused.value.code) == (401, "unauthorized")


@pytest.mark.parametrize(("ago", "is_in"), [(0, True), (RECENT_S, True), (RECENT_S + 1, False)])
def test_a_sign_in_is_recent_for_ten_minutes(ago: int, is_in: bool):
    clock = FixedClock(START + timedelta(seconds=ago))

    if is_in:
        assert admit(PERSON, "export", clock=clock) == "recent"
        return
    with pytest.raises(Problem) as refused:
        admit(PERSON, "export", clock=clock)
    assert refused.value.code == "recent_sign_in_required"


@pytest.mark.parametrize("action", ["export", "account.terminate", "self"])
def test_a_key_has_no_self_and_no_recent_sign_in(action: str):
    assert code(KEY, action) == "forbidden"


def test_a_key_may_what_its_role_may_otherwise():
    assert admit(KEY, "leads.read", clock=FixedClock()) == "yes"


def test_an_action_or_role_that_the_matrix_does_not_know_is_refused():
    stranger = Caller("a_1", "auditor", member_id="m_1", signed_in_at=NOW)

    assert {code(stranger, action) for action in MATRIX} == {"forbidden"}


@pytest.mark.parametrize(
    ("path", "is_id"),
    [
        ("/v1/leads/01M84MHQZCQW19N6TX7CF3VKDP", True),
        ("/v1/leads/s_demo", True),
        ("/v1/leads/noor@example.com", False),
        ("/v1/leads/+31612345678", False),
        ("/v1/leads/a b", False),
        ("/v1/leads/a%20b", False),
        ("/v1/leads/é", False),
        ("/v1/leads/" + "a" * 129, False),
        ("/v1/leads/", False),
        ("/v1/leads/a/b", False),
        ("/v1/leads/a\n", False),
    ],
)
def test_what_cannot_be_an_id_is_nothing_and_so_is_never_entered_anywhere(path, is_id):
    routes = Routes(http_app())
    routes.route("GET", "/v1/leads/<lead>", action="leads.read")(lambda lead: None)

    if is_id:
        assert routes.find("GET", path)[1] == {"lead": path.removeprefix("/v1/leads/")}
        return
    with pytest.raises(Problem) as refused:
        routes.find("GET", path)
    assert refused.value.code == "not_found"


def test_a_path_that_is_written_out_comes_before_one_with_an_id():
    routes = Routes(http_app())
    routes.route("DELETE", "/v1/sessions/<session>", action="self")(lambda session: None)
    routes.route("DELETE", "/v1/sessions/current", action="self")(lambda: None)

    assert routes.find("DELETE", "/v1/sessions/current")[0].path == "/v1/sessions/current"


def test_a_route_without_an_action_cannot_be_declared():
    routes = Routes(http_app())

    with pytest.raises(TypeError):
        routes.route("GET", "/v1/leads")  # pyright: ignore[reportCallIssue]
    with pytest.raises(ValueError, match="not among the open routes"):
        routes.open_route("GET", "/v1/leads")


def test_one_route_is_open_to_everybody_and_it_is_this_one():
    assert {("GET", "/v1/downloads/<token>")} == OPEN
