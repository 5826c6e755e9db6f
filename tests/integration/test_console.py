"""The console's door and answers: order of the checks, bodies, headers, and no read unentered."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from leadlayer.console.app import MOST_BODY_BYTES
from leadlayer.console.door import SAME_READ_S
from leadlayer.core.table import ConditionFailed, Table
from tests.canaries import leaks
from tests.console_calls import ConsoleCalls, other_account, people
from tests.console_samples import SAMPLES, one_of_everything
from tests.world import EVENTS, Context, World, load_event

CANARY = "kanarie7f3a"
CASES = sorted(path.stem for path in EVENTS.glob("console.*.json"))


@pytest.fixture
def calls(world: World) -> ConsoleCalls:
    people(world)
    return ConsoleCalls(world)


def entered(world: World) -> list[tuple[str, str, str, str]]:
    """Who, what, where and the outcome; oldest first."""
    rows = sorted(world.rows("audit_entry"), key=lambda row: row["sk"]["S"])
    names = ("actor", "call", "target", "outcome")
    return [tuple(row.get(name, {}).get("S", "") for name in names) for row in rows]  # pyright: ignore[reportReturnType]


# Events as AWS sends them


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        ("console.account", 200, None),
        ("console.no_authorizer", 401, "unauthorized"),
        ("console.forbidden", 403, "forbidden"),
        ("console.foreign_site", 404, "not_found"),
        ("console.unknown_path", 404, "not_found"),
        ("console.not_json", 415, "unsupported_media_type"),
        ("console.invite", 201, None),
        ("console.download", 404, "not_found"),
    ],
)
def test_an_event_of_api_gateway_is_answered(calls: ConsoleCalls, case, status, code):
    answer = calls.handle(load_event(case), Context())

    assert answer["statusCode"] == status, answer
    assert json.loads(answer["body"]).get("code") == code


def test_every_event_file_of_the_console_has_its_test():
    source = Path(__file__).read_text()

    assert CASES
    assert [case for case in CASES if f'("{case}"' not in source] == []


# Headers


@pytest.mark.parametrize("case", CASES)
def test_no_answer_is_for_another_origin_or_for_a_cache(calls: ConsoleCalls, case: str):
    event = load_event(case, headers={"origin": "https://shop.example"})

    headers = calls.handle(event, Context())["headers"]

    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age=63072000" in headers["Strict-Transport-Security"]


def test_a_preflight_is_no_route(calls: ConsoleCalls):
    answer = calls.answer("OPTIONS", "/v1/account")

    assert answer["statusCode"] == 404
    assert not [name for name in answer["headers"] if name.lower().startswith("access-control")]


# Bodies


def test_a_body_may_be_as_large_as_a_sites_texts_and_not_larger(calls: ConsoleCalls):
    def sized(count: int) -> str:
        return json.dumps({"name": "x", "pad": "a" * (count - len('{"name": "x", "pad": ""}'))})

    fits = calls.call("PATCH", "/v1/account", sized(MOST_BODY_BYTES))
    over = calls.call("PATCH", "/v1/account", sized(MOST_BODY_BYTES + 1))

    assert (fits[0], fits[1]["errors"]) == (422, [{"field": "pad", "reason": "extra_forbidden"}])
    assert (over[0], over[1]["code"]) == (413, "body_too_large")


HOSTILE = {
    "deep": "[" * 100_000 + "]" * 100_000,
    "long number": '{"name": ' + "1" * 5000 + "}",
    "nan": '{"name": NaN}',
    "lone surrogate": '{"name": "\\ud800"}',
    "half": '{"name": ',
    "null": "null",
    "list": "[]",
    "text": '"x"',
}


@pytest.mark.parametrize("method", ["PATCH", "POST"])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_hostile_body_is_a_crash(calls: ConsoleCalls, method: str, body: str):
    path = "/v1/account" if method == "PATCH" else "/v1/account/termination"

    assert calls.call(method, path, body)[0] in (400, 422)


@pytest.mark.parametrize("changes", [
    {"isBase64Encoded": True, "body": base64.b64encode(b"\xff\xfe{").decode()},
    {"isBase64Encoded": True, "body": "no base64"},
    {"headers": {"content-type": "multipart/form-data"}},
    {"headers": {"content-type": "text/plain"}},
])  # fmt: skip
def test_no_hostile_encoding_is_a_crash(calls: ConsoleCalls, changes: dict[str, Any]):
    event = calls.event("PATCH", "/v1/account", {"name": "x"})
    event["headers"] |= changes.pop("headers", {})

    assert calls.handle(event | changes, Context())["statusCode"] in (400, 415)


def test_a_call_that_says_nothing_needs_no_body_and_one_that_must_is_refused(calls: ConsoleCalls):
    assert calls.call("PATCH", "/v1/me")[0] == 200
    assert calls.call("POST", "/v1/api-keys")[0] == 422


def test_a_refused_request_leaves_no_caller_behind_for_the_next(calls: ConsoleCalls, world: World):
    other_account(world)
    calls.call("PATCH", "/v1/account", "{", account="a_other")

    assert calls.call("GET", "/v1/account")[1]["id"] == "a_demo"
    answer = calls.handle(load_event("console.no_authorizer"), Context())
    assert answer["statusCode"] == 401


# The audit log


def test_what_is_read_of_persons_is_entered_with_ids_and_without_values(
    calls: ConsoleCalls, world: World
):
    ids = one_of_everything(calls)
    before = len(entered(world))
    path = f"/v1/sites/s_demo/leads/{ids['lead']}"

    calls.call("GET", path, role="agent")
    calls.call("PATCH", path, {"name": CANARY, "message": CANARY}, role="agent")
    calls.call("DELETE", path, role="viewer")
    calls.call("POST", "/v1/search", {"email": f"{CANARY}@example.com"}, role="agent")
    calls.call("GET", "/v1/leads", query={"site": CANARY}, role="agent")

    target = f"s_demo/{ids['lead']}"
    route = "/v1/sites/<site>/leads/<lead>"
    assert entered(world)[before:] == [
        ("member:m_agent", f"GET {route}", target, "allowed"),
        ("member:m_agent", f"PATCH {route}", target, "allowed"),
        # Nobody has looked whether there is such a site.
        ("member:m_viewer", f"DELETE {route}", f"?/{ids['lead']}", "denied"),
        ("member:m_agent", "POST /v1/search", "", "allowed"),
        ("member:m_agent", "GET /v1/leads", "?", "allowed"),
    ]
    assert CANARY not in json.dumps(world.rows("audit_entry"))


def test_a_path_that_holds_an_address_is_nowhere_entered(calls: ConsoleCalls, world: World):
    status, _ = calls.call("GET", f"/v1/sites/s_demo/leads/{CANARY}@example.com")

    assert status == 404
    assert entered(world) == []


def test_the_same_read_is_entered_once_in_ten_minutes_and_every_write_each_time(
    calls: ConsoleCalls, world: World
):
    for _ in range(3):
        calls.call("GET", "/v1/members")
        calls.call("PATCH", "/v1/account", {"name": "Demo B.V."})
    assert [call for _, call, _, _ in entered(world)].count("GET /v1/members") == 1
    assert [call for _, call, _, _ in entered(world)].count("PATCH /v1/account") == 3

    calls.call("GET", "/v1/members", role="admin")
    world.clock.advance(seconds=SAME_READ_S)
    calls.call("GET", "/v1/members")
    assert [call for _, call, _, _ in entered(world)].count("GET /v1/members") == 3


def test_every_page_of_a_list_is_entered_with_what_the_list_is_limited_to(
    calls: ConsoleCalls, world: World
):
    one_of_everything(calls)
    before = len(entered(world))
    day = {"day": "2026-11-23"}
    for query in (day, day, day | {"cursor": "x"}, day | {"cursor": "x"}, {}):
        calls.call("GET", "/v1/leads", query=query)

    assert entered(world)[before:] == [
        ("member:m_owner", "GET /v1/leads", target, "allowed")
        for target in ("2026-11-23", "2026-11-23", "2026-11-23", "")
    ]


@pytest.mark.parametrize("typed", ["0612345678", "noor-de-vries", "s_0612345678", "2026-11-23"])
def test_what_cannot_be_an_id_is_not_entered_however_often_it_is_typed(
    calls: ConsoleCalls, world: World, typed: str
):
    world.save_site()
    calls.call("POST", f"/v1/sites/{typed}/leads/{typed}/notes", {"text": "x"}, role="viewer")
    calls.call("GET", f"/v1/sites/s_demo/leads/{typed}", role="agent")

    assert [target for _, _, target, _ in entered(world)] == ["?/?", "s_demo/?"]


class NoRoomForAudit(Table):
    """The log cannot be written."""

    def transact(self, writes: Any) -> None:
        if str(writes[0].item.pk).startswith("AUDIT#"):
            raise self.error
        super().transact(writes)

    error: Exception = RuntimeError(CANARY)


@pytest.mark.parametrize("error", [RuntimeError(CANARY), ConditionFailed()])
@pytest.mark.parametrize(
    ("call", "role"),
    [
        ("GET /v1/members", "owner"),
        ("PATCH /v1/account", "owner"),
        ("GET /v1/members", "viewer"),
    ],
)
@pytest.mark.usefixtures("calls")
def test_without_an_entry_nothing_is_read_or_done(world: World, capfd, call, role, error):
    method, path = call.split()
    world.table = NoRoomForAudit(clock=world.clock)
    world.table.error = error
    before = world.rows()

    answer = ConsoleCalls(world).answer(method, path, {"name": "New"}, role=role)

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "unavailable")
    assert "shop.example" not in answer["body"]
    assert world.rows() == before
    assert CANARY not in capfd.readouterr().out


def test_twin_with_a_log_the_same_calls_answer(calls: ConsoleCalls):
    assert calls.call("GET", "/v1/members")[0] == 200
    assert calls.call("PATCH", "/v1/account", {"name": "New"})[0] == 200


PERSONAL = ["leads", "members", "api-keys", "exports", "audit", "conversations"]


@pytest.mark.parametrize("call", [*(f"GET /v1/{name}" for name in PERSONAL), "POST /v1/search"])
def test_what_shows_persons_or_credentials_is_entered(calls: ConsoleCalls, world: World, call: str):
    method, path = call.split()
    calls.call(method, path, SAMPLES[call].body)

    assert [(who, what) for who, what, _, _ in entered(world)] == [("member:m_owner", call)]


# Who was there before


def test_a_terminated_account_makes_no_site_although_the_authorizer_has_not_heard(
    calls: ConsoleCalls, world: World
):
    calls.call("POST", "/v1/account/termination", {"confirmation": "Demo B.V."})
    body = SAMPLES["POST /v1/sites"].body

    late = calls.call("POST", "/v1/sites", body, state="active")
    assert (late[0], late[1]["code"]) == (409, "account_terminated")

    calls.call("DELETE", "/v1/account/termination", state="terminated")
    assert calls.call("POST", "/v1/sites", body, state="terminated")[0] == 201


def test_nothing_of_a_request_is_logged(calls: ConsoleCalls, capfd):
    calls.call("POST", "/v1/members", {"email": f"{CANARY}@example.com", "role": CANARY})
    calls.call("PATCH", "/v1/account", {"name": CANARY, CANARY: CANARY})
    calls.call("GET", f"/v1/{CANARY}", query={CANARY: CANARY})

    out = "".join(capfd.readouterr())
    assert CANARY not in out
    assert not leaks(out)
