"""What the fake answers about leads, conversations, deletions and the account."""

from datetime import UTC, datetime
from typing import Any

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import Answer, Call, FakeConsole, Refused, route

PAGE = 5
LEAD = "sites/<site>/leads/<key>"
CONVERSATION = "sites/<site>/conversations/<key>"


def find(items: list[dict[str, Any]], key: str) -> dict[str, Any]:
    for one in items:
        if one["id"] == key:
            return one
    raise Refused(404, "not_found")


def page_of(items: list[dict[str, Any]], call: Call) -> Answer:
    wanted = [
        one
        for one in items
        if call.query.get("site") in {None, one["site"]}
        and call.query.get("state") in {None, one["state"]}
    ]
    begin = int(call.query.get("cursor", 0))
    end = begin + PAGE
    return 200, {"items": wanted[begin:end], "next": str(end) if end < len(wanted) else None}


def now() -> str:
    return demo.iso(datetime.now(UTC))


@route("GET", "leads")
def _(api: FakeConsole, call: Call) -> Answer:
    viewer = api.role == "viewer"
    return page_of([demo.masked(one) if viewer else one for one in api.leads], call)


@route("GET", LEAD)
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    one = find(api.leads, key)
    return 200, demo.masked(one) if api.role == "viewer" else one


@route("PATCH", LEAD)
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    find(api.leads, key).update(call.body)
    return 200, find(api.leads, key)


@route("DELETE", LEAD)
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    api.leads.remove(find(api.leads, key))
    return 204, None


@route("POST", f"{LEAD}/notes")
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    notes = find(api.leads, key)["notes"]
    note = {"id": f"n{len(notes)}", "author": demo.ME, "at": now(), **call.body}
    notes.append(note)
    return 201, note


@route("DELETE", f"{LEAD}/notes/<note>")
def _(api: FakeConsole, call: Call, site: str, key: str, note: str) -> Answer:
    find(api.leads, key)["notes"].remove(find(find(api.leads, key)["notes"], note))
    return 204, None


@route("POST", "search")
def _(api: FakeConsole, call: Call) -> Answer:
    name = "email" if "email" in call.body else "phone"
    found = [one for one in api.leads if one[name] == call.body[name]]
    return 200, {"leads": found, "conversations": []}


def whole(api: FakeConsole, key: str) -> Answer:
    return 200, find(api.conversations, key) | {"messages": api.messages[key]}


@route("GET", "conversations")
def _(api: FakeConsole, call: Call) -> Answer:
    return page_of(api.conversations, call)


@route("GET", CONVERSATION)
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    return whole(api, key)


@route("PATCH", CONVERSATION)
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    find(api.conversations, key).update(call.body)
    return 200, find(api.conversations, key)


@route("DELETE", CONVERSATION)
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    api.conversations.remove(find(api.conversations, key))
    return 204, None


@route("POST", f"{CONVERSATION}/takeover")
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    find(api.conversations, key).update(mode="human", taken_by=demo.ME)
    return 200, find(api.conversations, key)


@route("DELETE", f"{CONVERSATION}/takeover")
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    find(api.conversations, key).update(mode="ai", taken_by=None)
    return 200, find(api.conversations, key)


@route("GET", f"{CONVERSATION}/messages")
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    ids = [one["id"] for one in api.messages[key]]
    after = call.query.get("after")
    begin = ids.index(after) + 1 if after in ids else 0
    return 200, {"items": api.messages[key][begin:], "next": None}


@route("POST", f"{CONVERSATION}/messages")
def _(api: FakeConsole, call: Call, site: str, key: str) -> Answer:
    if find(api.conversations, key)["mode"] != "human":
        raise Refused(409, "not_taken_over")
    return 201, say(api, key, "staff", call.body["text"])


def say(api: FakeConsole, key: str, role: str, text: str) -> dict[str, Any]:
    """Add what somebody said, as another party to the conversation would."""
    message = {"id": f"{key}N{len(api.messages[key])}", "role": role, "text": text, "at": now()}
    api.messages[key].append(message)
    return message


@route("POST", "deletions")
def _(api: FakeConsole, call: Call) -> Answer:
    ids = {*call.body.get("leads", []), *call.body.get("conversations", [])}
    key = f"d{len(api.jobs)}"
    api.jobs[key] = {"id": key, "state": "running", "done": 0, "total": len(ids)}
    api.leads = [one for one in api.leads if one["id"] not in ids]
    api.conversations = [one for one in api.conversations if one["id"] not in ids]
    return 202, {"id": key}


@route("GET", "deletions/<key>")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    job = api.jobs[key]
    job["done"] = min(job["done"] + 1, job["total"])
    job["state"] = "done" if job["done"] == job["total"] else "running"
    return 200, job


@route("GET", "account")
def _(api: FakeConsole, call: Call) -> Answer:
    return 200, api.account()


@route("PATCH", "account")
def _(api: FakeConsole, call: Call) -> Answer:
    api.name = call.body["name"]
    return 200, api.account()


@route("PATCH", "me")
def _(api: FakeConsole, call: Call) -> Answer:
    api.me |= call.body
    return 200, api.account()


@route("POST", "account/termination")
def _(api: FakeConsole, call: Call) -> Answer:
    if not api.recent:
        raise Refused(403, "recent_sign_in_required")
    api.state = "terminated"
    return 200, api.account()


@route("DELETE", "account/termination")
def _(api: FakeConsole, call: Call) -> Answer:
    api.state = "active"
    return 200, api.account()


@route("GET", "sessions")
def _(api: FakeConsole, call: Call) -> Answer:
    times = {"signed_in_at": demo.iso(demo.NOW), "expires_at": demo.iso(demo.NOW)}
    return 200, {"items": [one | times for one in api.sessions], "next": None}


@route("DELETE", "sessions")
def _(api: FakeConsole, call: Call) -> Answer:
    api.tokens.clear()
    return 204, None


@route("DELETE", "sessions/<key>")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    if key == "current":
        api.tokens.discard(call.headers["authorization"].removeprefix("Bearer "))
    else:
        api.sessions.remove(find(api.sessions, key))
    return 204, None


@route("GET", "colleagues")
def _(api: FakeConsole, call: Call) -> Answer:
    return 200, {"items": api.colleagues, "next": None}


@route("GET", "sites")
def _(api: FakeConsole, call: Call) -> Answer:
    return 200, {"items": api.sites, "next": None}
