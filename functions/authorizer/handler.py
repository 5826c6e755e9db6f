"""Lambda authorizer of the console (payload 2.0, simple response): one token in, one caller out.

API Gateway keeps an answer for each pair of token and route for half a minute; nothing that changes
a caller's rights takes longer than that to count.
"""

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from leadlayer.accounts.authorize import Authority, Identity
from leadlayer.accounts.keys_store import ApiKeyStore
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.core import log
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.events import Event, header
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table

Identify = Callable[[str], Identity | None]


def build(table: Table, clock: Clock) -> Identify:
    return Authority(
        accounts=AccountStore(table),
        sessions=SessionStore(table, clock=clock),
        api_keys=ApiKeyStore(table, clock=clock),
    ).identify


def handle(event: Event, identify: Identify) -> dict[str, Any]:
    """Never raises, and never says why not."""
    try:
        caller = identify(_bearer(event))
    except Exception as error:  # noqa: BLE001  # an error that came out would be a 500 to everybody
        log.failure("not_authorized", error)
        caller = None
    if caller is None:
        return {"isAuthorized": False}
    return {"isAuthorized": True, "context": asdict(caller)}


def _bearer(event: Event) -> str:
    """The token of the Authorization header, or nothing that is one. The scheme is
    case-insensitive (RFC 9110, 11.1)."""
    scheme, _, token = (header(event, "authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@cache
def wire() -> Identify:
    settings = Settings.from_env(os.environ)
    return build(open_table(settings.table_name, region=settings.region, clock=utc_now), utc_now)


def lambda_handler(event: Event, _context: Any) -> dict[str, Any]:
    return handle(event, wire())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
