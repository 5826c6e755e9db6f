"""The chat of a site: asks the model, streams its answer, deletes a conversation on request.

Behind the REST API, because only that can stream. The only function that loads the model's SDK.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import httpx2
from aws_lambda_powertools.event_handler import Response

from leadlayer.chat.anthropic_client import AnthropicModel, Create, bedrock, direct
from leadlayer.chat.budget import DayBudget
from leadlayer.chat.model import ChatForm, Conversation
from leadlayer.chat.ports import CapturedContact, Desk, Model
from leadlayer.chat.rendering import as_json, as_server_sent_events
from leadlayer.chat.service import answer_turn, delete_conversation, open_turn
from leadlayer.chat.store import ConversationStore
from leadlayer.core import egress, log, streaming
from leadlayer.core.clients import sqs_client
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.events import Event, header, network
from leadlayer.core.http import App, answering, http_app
from leadlayer.core.idempotency import retry_of
from leadlayer.core.ids import ulid
from leadlayer.core.jobs import JobQueue, Sender
from leadlayer.core.rate_limit import RateLimit
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.streaming import StreamedResponse
from leadlayer.core.table import Table, open_table
from leadlayer.handover import lead_from_conversation, lead_store, site_brief
from leadlayer.privacy.ledger import Ledger
from leadlayer.sites.model import Site
from leadlayer.sites.service import Sites, SitesOfRequest, get_collecting_site, get_site
from leadlayer.sites.store import SiteStore

_EVENT_STREAM = "text/event-stream"
Chat = Callable[[Event, Any], Any]


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    model: Model
    keyring: Callable[[], Keyring]
    ledger: Ledger
    jobs: Sender
    can_stream: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep


def build(deps: Deps) -> Chat:
    sites = SitesOfRequest(SiteStore(deps.table))
    pending: list[Iterator[bytes]] = []
    answer = answering(routes(deps, sites, pending), origins=sites.origins)

    def handle(event: Event, context: Any) -> Any:
        pending.clear()
        result = answer(event, context)
        if not pending:
            return result
        # The router decided status and headers; the body is still being written.
        streamed = StreamedResponse(result["statusCode"], result["headers"], pending.pop())
        return streaming.respond(streamed, can_stream=deps.can_stream())

    return handle


def routes(deps: Deps, sites: Sites, pending: list[Iterator[bytes]]) -> App:
    app = http_app(rest=True)
    rate = RateLimit(table=deps.table, clock=deps.clock)

    @app.get("/v1/sites/<site>/chat", summary="Warm the chat up", tags=["visitor"])
    def warm(site: str) -> Response[str]:
        get_site(site, sites=sites)
        return Response(204, body="")

    @app.post("/v1/sites/<site>/chat", summary="Ask the assistant", tags=["visitor"])
    def ask(site: str, form: ChatForm) -> Response[Any]:
        event = app.current_event.raw_event
        known = get_collecting_site(site, sites=sites)
        desk = _desk(deps, site=known)
        retry = retry_of(event, owner=site, keyring=desk.keyring)
        limit = deps.settings.turns_per_network
        rate.check(route="chat", site_id=site, network=network(event), limit=limit)
        brief = site_brief(known, language=known.speaks(form.language))
        turn = open_turn(form, site=brief, retry=retry, desk=desk)
        # A conversation keeps its language: evidence must be of the text that was really shown.
        brief = site_brief(known, language=turn.conversation.language)
        events = answer_turn(turn, site=brief, desk=desk)
        if _EVENT_STREAM in (header(event, "accept") or ""):
            pending.append(as_server_sent_events(events))
            return Response(200, _EVENT_STREAM, "", headers={"X-Accel-Buffering": "no"})
        reply = as_json(events)
        return Response(200, "application/json", reply.model_dump_json())

    @app.delete("/v1/sites/<site>/conversations/<conversation>", tags=["visitor"])
    def delete(site: str, conversation: str) -> Response[str]:
        event = app.current_event.raw_event
        known = get_site(site, sites=sites)
        token = (header(event, "authorization") or "").removeprefix("Bearer ")
        desk = _desk(deps, site=known)
        delete_conversation(conversation, site_id=site, token=token, desk=desk)
        log.event("conversation_deleted", site=site, conversation=conversation)
        return Response(204, body="")

    return app


def _desk(deps: Deps, *, site: Site) -> Desk:
    keyring = deps.keyring()
    leads = lead_store(deps.table, clock=deps.clock)

    def new_id() -> str:
        return ulid(deps.clock())

    def capture(wanted: CapturedContact) -> str:
        lead = lead_from_conversation(
            wanted, site=site, leads=leads, keyring=keyring, clock=deps.clock, new_id=new_id
        )
        log.event("lead_accepted", site=site.id, lead=lead)
        return lead

    def enter(conversation: Conversation) -> None:
        place = f"{conversation.site_id}/{conversation.id}"
        deps.ledger.record(conversation.account_id, "erase_conversation", place)

    return Desk(
        conversations=ConversationStore(deps.table, clock=deps.clock),
        budget=DayBudget(deps.table, clock=deps.clock),
        model=deps.model,
        capture=capture,
        going=enter,
        jobs=deps.jobs,
        keyring=keyring,
        clock=deps.clock,
        new_id=new_id,
        sleep=deps.sleep,
    )


def _model(settings: Settings, secret: Callable[[str], str]) -> Model:
    """The provider is a template parameter; its client and key are made at the first question."""

    check_url = egress.guard(settings, clock=utc_now)

    def on_request(request: httpx2.Request) -> None:
        check_url(str(request.url))

    @cache
    def with_role() -> Create:
        return bedrock(region=settings.region, on_request=on_request)

    # A replaced key is read within fifteen minutes and gets a client of its own.
    @lru_cache(maxsize=1)
    def with_key(api_key: str) -> Create:
        url = settings.anthropic_base_url
        return direct(api_key=api_key, base_url=url, on_request=on_request)

    def create() -> Create:
        if settings.model_provider == "bedrock":
            return with_role()
        return with_key(secret("anthropic-api-key"))

    return AnthropicModel(create, clock=utc_now)


def tell_if_answers_are_whole(environment: Mapping[str, str], *, can_stream: bool) -> None:
    """A runtime that cannot be made to stream breaks every answer; only `sam local` may."""
    in_lambda = "AWS_LAMBDA_RUNTIME_API" in environment and "AWS_SAM_LOCAL" not in environment
    if in_lambda and not can_stream:
        log.event("streaming_unavailable", level="error")


@cache
def wire() -> Chat:
    settings = Settings.from_env(os.environ)
    secret = from_parameter_store(settings.parameter_prefix)
    # Before the first answer: behind a streaming route errors and preflights are streams too.
    can_stream = streaming.install()
    tell_if_answers_are_whole(os.environ, can_stream=can_stream)
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    ledger = Ledger(
        settings.ledger_table_name,
        region=settings.region,
        clock=utc_now,
        new_id=lambda: ulid(utc_now()),
    )
    return build(
        Deps(
            settings=settings,
            table=table,
            clock=utc_now,
            model=_model(settings, secret),
            keyring=lambda: Keyring.from_hex(secret("root-key")),
            ledger=ledger,
            jobs=JobQueue(settings.jobs_queue_url, lambda: sqs_client(settings.region)),
            can_stream=lambda: can_stream,
        )
    )


def lambda_handler(event: Event, context: Any) -> Any:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
