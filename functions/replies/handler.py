"""GET /v1/sites/{site}/conversations/{id}/replies: what staff said to the visitor who waits for it.

The visitor's page asks every few seconds, so this function loads and reads as little as it can.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from leadlayer.chat.replies import Replies, replies_after
from leadlayer.chat.store import ConversationStore
from leadlayer.core import log
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.crypto import Keyring, check_conversation_token
from leadlayer.core.events import Event, header, network
from leadlayer.core.http import App, Handler, answering, http_app
from leadlayer.core.rate_limit import RateLimit
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table
from leadlayer.sites.service import Sites, SitesOfRequest, get_collecting_site
from leadlayer.sites.store import SiteStore


@dataclass(frozen=True)
class Deps:
    table: Table
    clock: Clock
    keyring: Callable[[], Keyring]
    # In ten minutes a page that waits for staff asks 150 times: enough for twenty in one office.
    polls_per_network: int = 3_000


def build(deps: Deps) -> Handler:
    sites = SitesOfRequest(SiteStore(deps.table))
    return answering(routes(deps, sites), origins=sites.origins)


def routes(deps: Deps, sites: Sites) -> App:
    app = http_app()
    conversations = ConversationStore(deps.table, clock=deps.clock)
    rate = RateLimit(table=deps.table, clock=deps.clock)

    @app.get(
        "/v1/sites/<site>/conversations/<conversation>/replies",
        summary="What staff said",
        tags=["visitor"],
    )
    def replies(site: str, conversation: str, after: str = "") -> Replies:
        event = app.current_event.raw_event
        get_collecting_site(site, sites=sites)
        token = (header(event, "authorization") or "").removeprefix("Bearer ")
        check_conversation_token(deps.keyring(), site, conversation, token)
        limit = deps.polls_per_network
        rate.check(route="replies", site_id=site, network=network(event), limit=limit)
        return replies_after(
            after, site_id=site, conversation_id=conversation, conversations=conversations
        )

    return app


@cache
def wire() -> Handler:
    settings = Settings.from_env(os.environ)
    secret = from_parameter_store(settings.parameter_prefix)
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    return build(Deps(table, utc_now, lambda: Keyring.from_hex(secret("root-key"))))


def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
