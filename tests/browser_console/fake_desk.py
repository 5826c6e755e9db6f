"""What the fake answers about whatever an account has set up, and about its log."""

from typing import Any

from tests.browser_console import demo_desk as demo
from tests.browser_console.fake_console import Answer, Call, FakeConsole, Refused, route
from tests.browser_console.fake_routes import find

HOOK = "webhooks/<key>"
EXPORT = "exports/<key>"
PAGE = 50
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def listing(items: list[dict[str, Any]]) -> Answer:
    return 200, {"items": items, "next": None}


def site_of(api: FakeConsole, site: str) -> dict[str, Any]:
    summary = find(api.sites, site)
    return api.desk.settings.setdefault(site, demo.settings(summary))


@route("POST", "sites")
def _(api: FakeConsole, call: Call) -> Answer:
    if any("/" in origin.removeprefix("https://") for origin in call.body["origins"]):
        errors = [{"field": "origins.0", "reason": "not_an_https_origin"}]
        raise Refused(422, "invalid_request", errors=errors)
    site = {**api.sites[0], **call.body, "id": "site_new"}
    site["collecting"] = bool(call.body["privacy_notice_url"])
    api.sites.append(site)
    return 201, site_of(api, "site_new")


@route("GET", "sites/<site>")
def _(api: FakeConsole, call: Call, site: str) -> Answer:
    return 200, site_of(api, site)


@route("PATCH", "sites/<site>")
def _(api: FakeConsole, call: Call, site: str) -> Answer:
    whole = site_of(api, site)
    changes = dict(call.body)
    if "consent" in changes and changes["consent"]["texts"] != whole["consent"]["texts"]:
        changes["consent"]["version"] = str(int(whole["consent"]["version"]) + 1)
    changes["consent"] = whole["consent"] | changes.get("consent", {})
    whole |= changes
    whole["collecting"] = whole["privacy_notice_url"].startswith("https://")
    return 200, whole


@route("PATCH", "sites/<site>/retention")
def _(api: FakeConsole, call: Call, site: str) -> Answer:
    whole = site_of(api, site)
    whole["retention_months"] = call.body["months"]
    return 200, {
        "retention_months": call.body["months"],
        "retention_months_most": whole["retention_months_most"],
        "applies_to": "new",
    }


@route("GET", "sites/<site>/consent-texts")
def _(api: FakeConsole, call: Call, site: str) -> Answer:
    consent = site_of(api, site)["consent"]
    first = {"version": "1", "since": None, "texts": {"nl": "Oude tekst"}, "hashes": {"nl": "0a"}}
    present = {"version": consent["version"], "since": demo.ago(days=3), "texts": consent["texts"]}
    return listing([first, {**present, "hashes": {}}])


@route("GET", "sites/<site>/widget")
def _(api: FakeConsole, call: Call, site: str) -> Answer:
    return 200, demo.public(site_of(api, site), call.query["lang"])


@route("GET", "views")
def _(api: FakeConsole, call: Call) -> Answer:
    rounded = api.role not in {"owner", "admin"}
    return 200, demo.view_report(call.query["site"], call.query["month"], rounded=rounded)


@route("GET", "members")
def _(api: FakeConsole, call: Call) -> Answer:
    return listing(api.desk.members)


@route("POST", "members")
def _(api: FakeConsole, call: Call) -> Answer:
    if any(one["email"] == call.body["email"] for one in api.desk.members):
        raise Refused(409, "already_member")
    new = demo.member("m_invited", "", call.body["role"], "invited") | call.body
    api.desk.members.append(new)
    return 201, new


@route("PATCH", "members/<key>")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    find(api.desk.members, key).update(call.body)
    return 200, find(api.desk.members, key)


@route("DELETE", "members/<key>")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    api.desk.members.remove(find(api.desk.members, key))
    return 204, None


@route("GET", "api-keys")
def _(api: FakeConsole, call: Call) -> Answer:
    return listing(api.desk.keys)


@route("POST", "api-keys")
def _(api: FakeConsole, call: Call) -> Answer:
    key = {
        "id": f"k_{len(api.desk.keys)}",
        "name": call.body["name"],
        "role": call.body["role"],
        "prefix": "llk_q3Zt",
        "created_at": demo.ago(),
        "expires_at": demo.ahead(days=call.body["days"]),
        "last_used_day": None,
    }
    api.desk.keys.insert(0, key)
    return 201, key | {"key": "llk_q3ZtVn5Yw8sKfT2bLr9XcPd4"}


@route("DELETE", "api-keys/<key>")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    api.desk.keys.remove(find(api.desk.keys, key))
    return 204, None


@route("GET", "webhooks")
def _(api: FakeConsole, call: Call) -> Answer:
    return listing(api.desk.hooks)


@route("POST", "webhooks")
def _(api: FakeConsole, call: Call) -> Answer:
    if not call.body["url"].startswith("https://"):
        raise Refused(422, "webhook_url_refused")
    new = demo.hook("h_new", call.body["url"]) | call.body
    api.desk.hooks.append(new)
    return 201, new | {"secret": SECRET}


@route("GET", HOOK)
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    return 200, find(api.desk.hooks, key)


@route("PATCH", HOOK)
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    hook = find(api.desk.hooks, key)
    changes = dict(call.body)
    if "enabled" in changes:
        changes = {"state": "enabled" if changes["enabled"] else "disabled"}
    hook |= changes
    return 200, hook


@route("DELETE", HOOK)
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    api.desk.hooks.remove(find(api.desk.hooks, key))
    return 204, None


@route("POST", f"{HOOK}/secret")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    return 200, {"secret": SECRET}


@route("POST", f"{HOOK}/test")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    test = demo.attempt(0) | {"event": "test", "id": f"01TRYN{len(api.desk.attempts)}"}
    api.desk.attempts.insert(0, test)
    return 202, {"delivery": "test_1"}


@route("GET", f"{HOOK}/deliveries")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    return listing(api.desk.attempts)


@route("POST", f"{HOOK}/deliveries/<delivery>/retry")
def _(api: FakeConsole, call: Call, key: str, delivery: str) -> Answer:
    return 202, {"delivery": delivery}


@route("GET", "exports")
def _(api: FakeConsole, call: Call) -> Answer:
    if not api.recent:
        raise Refused(403, "recent_sign_in_required")
    return listing(api.desk.exports)


@route("POST", "exports")
def _(api: FakeConsole, call: Call) -> Answer:
    export = demo.export("e_new", "queued") | call.body
    api.desk.exports.insert(0, export)
    return 202, export


@route("POST", f"{EXPORT}/link")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    return 201, {"url": f"downloads/once-{key}", "expires_at": demo.ahead(minutes=15)}


@route("DELETE", EXPORT)
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    find(api.desk.exports, key)["state"] = "withdrawn"
    return 204, None


@route("GET", "downloads/<token>")
def _(api: FakeConsole, call: Call, token: str) -> Answer:
    return 200, {"everything": token}


@route("GET", "notices")
def _(api: FakeConsole, call: Call) -> Answer:
    return listing(api.notices)


@route("POST", "notices/<key>/shown")
def _(api: FakeConsole, call: Call, key: str) -> Answer:
    find(api.notices, key)["shown_at"] = demo.ago()
    return 204, None


@route("GET", "audit")
def _(api: FakeConsole, call: Call) -> Answer:
    begin = int(call.query.get("cursor", 0))
    items = api.desk.entries[begin : begin + PAGE]
    more = begin + PAGE < len(api.desk.entries)
    return 200, {"items": items, "next": str(begin + PAGE) if more else None}


@route("GET", "audit/verification")
def _(api: FakeConsole, call: Call) -> Answer:
    broken = api.desk.broken_at
    return 200, {"entries": len(api.desk.entries), "intact": broken is None, "broken_at": broken}
