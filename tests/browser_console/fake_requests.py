"""What the fake answers about people's requests: as the API would, as far as the page can see."""

from datetime import timedelta
from typing import Any

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import Answer, Call, FakeConsole, Refused, route
from tests.browser_console.fake_routes import find

_STATES = {"review": "in_review", "extend": "extended", "resume_review": "in_review"}


def request(key: str, right: str, state: str = "verified", **more: Any) -> dict[str, Any]:
    closed = state in {"denied", "withdrawn"}
    day = demo.NOW + timedelta(days=20)
    return {
        "id": key,
        "right": right,
        "state": state,
        "site": demo.SITE,
        "received_at": demo.iso(demo.NOW - timedelta(days=8)),
        "due": day.date().isoformat(),
        "closed_at": demo.iso(demo.NOW) if closed else None,
        "contact": None if closed else {"email": "jan@example.nl", "phone": None, "details": None},
        "verified_at": None if state == "identity_pending" else demo.iso(demo.NOW),
        "extension": None,
        "proposal": None,
        "cooling_until": None,
        "handled": [],
        **more,
    }


@route("GET", "requests")
def _(api: FakeConsole, call: Call) -> Answer:
    wanted = call.query.get("state")
    shown = [
        one
        for one in api.requests
        if wanted is None or (one["closed_at"] is not None) == (wanted == "closed")
    ]
    return 200, {"items": shown, "next": None}


@route("GET", "requests/<key>")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    return 200, find(api.requests, key)


@route("GET", "requests/<key>/data")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    find(api.requests, key)
    row = {"type": "lead", "message": "About <b>tiles</b>", "page": None}
    return 200, {"items": [row], "more": False}


@route("POST", "requests/<key>/steps")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    one, step = find(api.requests, key), call.body
    if step["step"] == "propose":
        proposal = {"decision": step["decision"], "ground": step["ground"]}
        one["proposal"] = proposal | {"by": f"member:{demo.ME}"}
    elif step["step"] == "approve":
        one |= {"state": "cooling_off" if "hours" in step else "approved", "proposal": None}
    else:
        one |= {"state": _STATES[step["step"]], "extension": step.get("reason")}
    return 200, one


@route("POST", "requests/<key>/denial")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    one = find(api.requests, key)
    if one["proposal"]["by"] == f"member:{demo.ME}":
        raise Refused(409, "request_second_person_missing")
    one |= {"state": "denied", "closed_at": demo.iso(demo.NOW), "contact": None}
    return 200, one | {"proposal": None}
