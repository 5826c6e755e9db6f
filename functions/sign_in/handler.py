"""POST /v1/sign-up, /v1/sign-in, /v1/sessions: a link by mail, and a session for the link.

The first two never look an address up, so that no answer and no wait tells who is a customer.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from leadlayer.accounts.forms import (
    Accepted,
    AccountChoice,
    SessionForm,
    SessionOpened,
    SignInForm,
    SignUpForm,
    choice_shown,
    session_shown,
)
from leadlayer.accounts.links import LinkKind, LinkStore
from leadlayer.accounts.model import normal_email
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.sign_in import Asked, Choice, SignedIn, ask_link, exchange
from leadlayer.accounts.store import AccountStore
from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.core import log
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import unavailable
from leadlayer.core.events import MAX_BODY_BYTES, Event, network
from leadlayer.core.http import App, Handler, answering_callers, http_app
from leadlayer.core.ids import ulid
from leadlayer.core.rate_limit import DAY, RateLimit
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, Write, open_table
from leadlayer.mail.store import mail_row

# For one address from one network in ten minutes: a stranger who asks locks nobody else out.
LINKS_PER_ADDRESS = 5
# For one address from anywhere: as many mails at most fall into one mailbox.
LINKS_PER_DAY = 30
# An exchange cannot be guessed; this only keeps a flood off the table.
EXCHANGES_PER_NETWORK = 100


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    keyring: Callable[[], Keyring]


def build(deps: Deps) -> Handler:
    # The page that calls has the API's own origin, so no other page may (no CORS).
    return answering_callers(routes(deps), enter=lambda _: None, most=MAX_BODY_BYTES)


def routes(deps: Deps) -> App:
    app = http_app()
    rate = RateLimit(table=deps.table, clock=deps.clock)

    @app.post("/v1/sign-up", status_code=202, summary="Ask for an account", tags=["sign-in"])
    def post_sign_up(form: SignUpForm) -> Accepted:
        return _ask(form, _caller(app), deps=deps, rate=rate, account_name=form.account_name)

    @app.post("/v1/sign-in", status_code=202, summary="Ask for a link", tags=["sign-in"])
    def post_sign_in(form: SignInForm) -> Accepted:
        return _ask(form, _caller(app), deps=deps, rate=rate)

    @app.post(
        "/v1/sessions",
        status_code=201,
        summary="Sign in with a link",
        tags=["sign-in"],
        responses={
            200: _described("Several accounts: name one; the link still works", AccountChoice),
            201: _described("Signed in", SessionOpened),
        },
    )
    def post_session(form: SessionForm) -> Response[str]:
        rate.check(route="session", site_id="", network=_caller(app), limit=EXCHANGES_PER_NETWORK)
        return _exchange(form, deps)

    return app


def _caller(app: App) -> str:
    return network(app.current_event.raw_event)


def _described(description: str, model: type[BaseModel]) -> OpenAPIResponse:
    return {"description": description, "content": {"application/json": {"model": model}}}


def _ask(
    form: SignInForm, caller: str, *, deps: Deps, rate: RateLimit, account_name: str | None = None
) -> Accepted:
    rate.check(route="link", site_id="", network=caller, limit=deps.settings.links_per_network)
    # The limits count under a salted HMAC; of the address nothing is kept.
    address = normal_email(form.email)
    here = f"{address} {caller}"
    rate.check(route="address", site_id="", network=here, limit=LINKS_PER_ADDRESS)
    # Last: what another limit has refused counts for no mail.
    rate.check(route="mails", site_id="", network=address, limit=LINKS_PER_DAY, window=DAY)
    ask_link(
        Asked(form.email, form.language, form.challenge, account_name),
        links=LinkStore(deps.table),
        commit=deps.table.transact,
        announce=partial(_announced, deps.clock),
        keyring=deps.keyring(),
        clock=deps.clock,
        new_id=lambda: ulid(deps.clock()),
    )
    return Accepted()


def _exchange(form: SessionForm, deps: Deps) -> Response[str]:
    done = exchange(
        form.token,
        form.verifier,
        account_id=form.account,
        links=LinkStore(deps.table),
        accounts=AccountStore(deps.table),
        sessions=SessionStore(deps.table, clock=deps.clock),
        commit=deps.table.transact,
        new_id=lambda: ulid(deps.clock()),
    )
    if isinstance(done, Choice):
        return Response(200, "application/json", choice_shown(done).model_dump_json())
    _enter(done, deps)
    return Response(201, "application/json", session_shown(done).model_dump_json())


def _announced(clock: Clock, kind: LinkKind, *, mail_id: str, expires_at: int) -> Write:
    return mail_row(kind, id=mail_id, now=clock(), expires_at=expires_at)


def _enter(done: SignedIn, deps: Deps) -> None:
    """No entry in the audit log, no session: raises Problem 503, and nobody has its token."""
    member = done.member
    try:
        AuditLog(AuditStore(deps.table), deps.clock).record(
            member.account_id,
            actor=f"member:{member.id}",
            role=member.role,
            action="sign_in",
            target=done.session_id,
            outcome="allowed",
            call="POST /v1/sessions",
        )
    except Exception as error:  # noqa: BLE001  # raised below, without its text
        log.failure("audit_failed", error)
        raise unavailable() from None


@cache
def wire() -> Handler:
    settings = Settings.from_env(os.environ)
    secret = from_parameter_store(settings.parameter_prefix)
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    return build(Deps(settings, table, utc_now, lambda: Keyring.from_hex(secret("root-key"))))


def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Clients are made while Lambda still gives the init phase's full CPU.
    log.quiet_libraries()
    wire()
