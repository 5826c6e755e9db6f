"""POST /v1/sites/{site}/leads: a visitor leaves contact details through the form."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from leadlayer.core import log
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.crypto import Keyring, check_conversation_token
from leadlayer.core.events import Event, network
from leadlayer.core.http import App, Handler, answering, http_app
from leadlayer.core.idempotency import retry_of
from leadlayer.core.ids import ulid
from leadlayer.core.rate_limit import RateLimit
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table
from leadlayer.handover import lead_store, site_rules
from leadlayer.leads.model import LeadAccepted, LeadForm
from leadlayer.leads.service import capture_lead, from_form
from leadlayer.sites.service import Sites, SitesOfRequest, get_collecting_site
from leadlayer.sites.store import SiteStore


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    keyring: Callable[[], Keyring]


def build(deps: Deps) -> Handler:
    sites = SitesOfRequest(SiteStore(deps.table))
    return answering(routes(deps, sites), origins=sites.origins)


def routes(deps: Deps, sites: Sites) -> App:
    app = http_app()
    leads = lead_store(deps.table, clock=deps.clock)
    rate = RateLimit(table=deps.table, clock=deps.clock)

    @app.post("/v1/sites/<site>/leads", status_code=201, summary="Leave a lead", tags=["visitor"])
    def post_lead(site: str, form: LeadForm) -> LeadAccepted:
        event = app.current_event.raw_event
        known = get_collecting_site(site, sites=sites)
        keyring = deps.keyring()
        retry = retry_of(event, owner=site, keyring=keyring)
        if form.conversation is not None:
            check_conversation_token(keyring, site, form.conversation, form.token)
        limit = deps.settings.leads_per_network
        rate.check(route="lead", site_id=site, network=network(event), limit=limit)
        language = known.speaks(form.language)
        rules = site_rules(known, language=language)
        lead = capture_lead(
            from_form(form, site=rules, language=language),
            site=rules,
            leads=leads,
            keyring=keyring,
            clock=deps.clock,
            new_id=lambda: ulid(deps.clock()),
            retry=retry,
        )
        log.event("lead_accepted", site=site, lead=lead)
        return LeadAccepted(lead=lead)

    return app


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
