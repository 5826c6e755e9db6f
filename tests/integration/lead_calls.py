"""How the tests of the lead form call it, and what they compare afterwards."""

import json
from collections import Counter
from dataclasses import replace

from functions.leads import handler
from tests.world import Context, World, body_of, load_event

CANARY = "canary7f3a9"
KEY = "Zk3v9Qw1Xr7Tb5Yn2Mc8"
LEAD = {
    "name": "Noor de Vries",
    "email": "noor@example.com",
    "phone": "+31 6 12345678",
    "page": "/fietsen/stadsfiets",
    "consent": {"given": True, "version": "1"},
}
SECURITY = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
RATE = ("rate", "rate_salt")


def handle(world: World, event: dict, **changes) -> dict:
    deps = handler.Deps(world.settings, world.table, world.clock, lambda: world.keyring)
    return handler.build(replace(deps, **changes))(event, Context())


def post(world: World, body: object = None, **changes) -> dict:
    wanted = LEAD if body is None else body
    return handle(world, load_event("leads.valid", body=wanted, **changes))


def code(answer: dict) -> tuple[int, str]:
    return answer["statusCode"], body_of(answer).get("code", "")


def kinds(world: World) -> Counter[str]:
    return Counter(row["type"]["S"] for row in world.rows())


def written(world: World, before: Counter[str]) -> dict[str, int]:
    return dict(kinds(world) - before)


def lasting(world: World) -> list[dict]:
    """Everything but the counts of the rate limit."""
    return [row for row in world.rows() if row["type"]["S"] not in RATE]


def assert_refused(answer: dict, status: int, expected: str) -> None:
    document = body_of(answer)
    assert (answer["statusCode"], document["code"]) == (status, expected)
    assert (document["status"], document["type"]) == (status, "about:blank")
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"].items() >= SECURITY.items()
    assert CANARY not in json.dumps(answer)


def changed(**values: object) -> dict:
    """A lead whose values hold canaries beside what is wrong with it."""
    return LEAD | {"name": CANARY, "message": CANARY} | values
