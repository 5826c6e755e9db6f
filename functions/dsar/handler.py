"""/v1/privacy/requests: people ask about their data, prove that it is theirs, and see how it goes.

No answer and no wait tells whether anything is kept about them: nothing of theirs is looked up.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.core import keys, log
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import not_found, unavailable
from leadlayer.core.events import Event, header, network
from leadlayer.core.http import App, Handler, answering, http_app, with_some_body
from leadlayer.core.idempotency import IdempotencyItem, check_same_body, retry_of
from leadlayer.core.ids import ulid
from leadlayer.core.policy import retention
from leadlayer.core.rate_limit import DAY, RateLimit
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.table import ConditionFailed, Put, Table, open_table
from leadlayer.privacy.intake import (
    CodeForm,
    Reception,
    RequestAccepted,
    RequestForm,
    RequestStatus,
    contact_of,
    status,
)
from leadlayer.privacy.requests import NoSigner, Requests
from leadlayer.privacy.requests_codes import Codes
from leadlayer.privacy.requests_model import OPERATOR, Request
from leadlayer.privacy.requests_store import RequestStore
from leadlayer.sites.model import Site
from leadlayer.sites.store import SiteStore

# As many requests one network may make in ten minutes: an office or a library shares one.
REQUESTS_PER_NETWORK = 20
# As many mails with a first code may fall into one mailbox in a day.
REQUESTS_PER_ADDRESS = 10
# Codes have three tries each; this only keeps a flood off the table.
CALLS_PER_NETWORK = 200
_SORT = "REQUEST"
_TAGS = ["privacy"]


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    keyring: Callable[[], Keyring]


def build(deps: Deps) -> Handler:
    # From any page: who asks has no cookie here, and proves by a token and a code who they are.
    answer = answering(routes(deps), origins=lambda _: ())
    return lambda event, context: answer(with_some_body(event), context)


def routes(deps: Deps) -> App:
    app = http_app()
    desk = _Desk(deps, RateLimit(table=deps.table, clock=deps.clock))

    @app.post(
        "/v1/privacy/requests", status_code=202, summary="Ask about one's own data", tags=_TAGS
    )
    def post_request(form: RequestForm) -> RequestAccepted:
        return desk.accept(form, app.current_event.raw_event)

    @app.get("/v1/privacy/requests/<request>", summary="How a request goes", tags=_TAGS)
    def get_request(request: str) -> RequestStatus:
        return status(desk.find(request, app.current_event.raw_event))

    @app.post(
        "/v1/privacy/requests/<request>/verify", summary="Prove that it is one's own", tags=_TAGS
    )
    def post_code(request: str, form: CodeForm) -> RequestStatus:
        found = desk.find(request, app.current_event.raw_event)
        return status(desk.reception().verify(found, form.code))

    @app.post(
        "/v1/privacy/requests/<request>/code", status_code=202, summary="Another code", tags=_TAGS
    )
    def post_another_code(request: str) -> RequestStatus:
        found = desk.find(request, app.current_event.raw_event)
        return status(desk.reception().another_code(found, ulid(deps.clock())))

    @app.post("/v1/privacy/requests/<request>/withdraw", summary="Take it back", tags=_TAGS)
    def post_withdrawal(request: str) -> RequestStatus:
        found = desk.find(request, app.current_event.raw_event)
        return status(desk.reception().withdraw(found))

    return app


@dataclass(frozen=True)
class _Desk:
    deps: Deps
    rate: RateLimit

    def reception(self) -> Reception:
        table, clock, keyring = self.deps.table, self.deps.clock, self.deps.keyring()
        requests = Requests(
            store=RequestStore(table, clock=clock),
            audit=AuditLog(AuditStore(table), clock),
            clock=clock,
            keyring=keyring,
            signer=NoSigner(),
        )
        codes = Codes(requests=requests, table=table, clock=clock, keyring=keyring)
        return Reception(requests, codes)

    def accept(self, form: RequestForm, event: Event) -> RequestAccepted:
        caller = network(event)
        limit = REQUESTS_PER_NETWORK
        self.rate.check(route="request", site_id="", network=caller, limit=limit)
        site = self._site(form)
        address = contact_of(form, site).identifier
        self.rate.check(
            route="asked", site_id="", network=address, limit=REQUESTS_PER_ADDRESS, window=DAY
        )
        reception = self.reception()
        made = reception.take_in(form, self._request_id(form, event), site)
        log.event("request_received", request=made.id)
        return RequestAccepted(request=made.id, token=reception.requests.token(made))

    def find(self, request_id: str, event: Event) -> Request:
        """Of whoever has its token. Raises Problem 404, for a wrong token too."""
        caller = network(event)
        self.rate.check(route="asking", site_id="", network=caller, limit=CALLS_PER_NETWORK)
        scheme, _, token = (header(event, "authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            raise not_found()
        return self.reception().requests.of_person(request_id, token)

    def _site(self, form: RequestForm) -> Site | None:
        """Its customer answers, whether or not the site still collects. Raises Problem 404."""
        if form.site is None:
            return None
        site = SiteStore(self.deps.table).find(form.site)
        if site is None:
            raise not_found()
        return site

    def _request_id(self, form: RequestForm, event: Event) -> str:
        """A new one, or the one of an equal call with this Idempotency-Key. It is written down
        first, and what follows is done once for an id, so that a crash leaves nothing twice."""
        owner = form.site or OPERATOR
        made = ulid(self.deps.clock())
        retry = retry_of(event, owner=owner, keyring=self.deps.keyring())
        if retry is None:
            return made
        key, body = retry
        item = IdempotencyItem(
            keys.idempotency(owner, key),
            _SORT,
            body=body,
            result=made,
            expires_at=retention("idempotency").expiry(self.deps.clock()),
        )
        try:
            self.deps.table.write(Put(item, only_new=True))
        except ConditionFailed:
            return self._made_before(item)
        return made

    def _made_before(self, item: IdempotencyItem) -> str:
        found = self.deps.table.find(IdempotencyItem, item.pk, item.sk)
        if found is None:
            # It has expired between the two.
            raise unavailable()
        check_same_body(found, item.body)
        return found.result


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
