"""Sites of a customer: their settings, how long leads are kept, which consent texts were shown."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Listing
from leadlayer.console.living import while_active
from leadlayer.console.once import Once
from leadlayer.core.crypto import text_hash
from leadlayer.core.settings import Settings
from leadlayer.core.table import Write
from leadlayer.sites.forms import NewSiteForm, RetentionForm, SiteForm
from leadlayer.sites.model import KeptText, Site
from leadlayer.sites.settings import (
    change_retention,
    change_site,
    create_site,
    kept_texts,
    promised_months,
)
from leadlayer.sites.store import SiteStore

# What the address of the console ends in when it is served by the API itself.
_CONSOLE = "/console"


class LeadFieldView(BaseModel):
    name: str
    required: bool


class ConsentView(BaseModel):
    texts: dict[str, str]
    version: str
    required: bool


class LimitsView(BaseModel):
    turns_per_conversation: int
    turns_per_day: int
    tokens_per_day: int
    answer_tokens: int


class SiteSummary(BaseModel):
    id: str
    name: str
    origins: list[str]
    language: str
    pixel_mode: str
    state: str
    collecting: bool


class SiteView(SiteSummary):
    """`collecting` is false until there is a privacy notice. `retention_months` is null while the
    policy's own `retention_months_most` hold. `snippet` is what goes into the website's pages; its
    `src` is relative to the API where this deployment does not know its own address."""

    privacy_notice_url: str
    languages: list[str]
    country: str
    greetings: dict[str, str]
    knowledge: str
    lead_fields: list[LeadFieldView]
    consent: ConsentView
    model: str
    limits: LimitsView
    retention_months: int | None
    retention_months_most: int
    snippet: str


class RetentionView(BaseModel):
    """`applies_to`: what is there already keeps the date that it was stored with."""

    retention_months: int | None
    retention_months_most: int
    applies_to: Literal["new"] = "new"


class KeptTextView(BaseModel):
    """`hashes` are what a lead's evidence names, by language. `since` is null for a text that was
    in use before versions were kept."""

    version: str
    since: str | None
    texts: dict[str, str]
    hashes: dict[str, str]


def add_routes(routes: Routes, deps: Deps) -> None:
    sites = SiteStore(deps.table)
    clock = deps.clock

    def view(site: Site) -> SiteView:
        return _view(site, deps.settings)

    _add_creating(routes, deps, sites)

    @routes.route("GET", "/v1/sites", action="sites.read", audited=False, summary="All sites")
    def list_sites() -> Listing[SiteSummary]:
        found = sites.of_account(routes.caller().account_id)
        return Listing(items=[SiteSummary.model_validate(_summary(site)) for site in found])

    @routes.route(
        "GET", "/v1/sites/<site>", action="sites.read", audited=False, summary="A site's settings"
    )
    def read_site(site: str) -> SiteView:  # noqa: ARG001  # the door has found it
        return view(routes.site())

    @routes.route("PATCH", "/v1/sites/<site>", action="sites.change", summary="Change a site")
    def patch_site(site: str, form: SiteForm) -> SiteView:
        return view(change_site(site, form, sites=sites, clock=clock))

    @routes.route(
        "PATCH",
        "/v1/sites/<site>/retention",
        action="retention.change",
        summary="Keep new leads and conversations for less long",
    )
    def patch_retention(site: str, form: RetentionForm) -> RetentionView:
        changed = change_retention(site, form, sites=sites, clock=clock)
        return RetentionView(
            retention_months=changed.retention_months, retention_months_most=promised_months()
        )

    @routes.route(
        "GET",
        "/v1/sites/<site>/consent-texts",
        action="sites.read",
        audited=False,
        summary="Every consent text that was shown, the oldest first",
    )
    def list_consent_texts(site: str) -> Listing[KeptTextView]:  # noqa: ARG001  # as above
        return Listing(items=[_kept(text) for text in kept_texts(routes.site(), sites=sites)])


def _add_creating(routes: Routes, deps: Deps, sites: SiteStore) -> None:
    once = Once(routes, deps)

    @routes.route("POST", "/v1/sites", action="sites.change", summary="Add a site", status_code=201)
    def add_site(form: NewSiteForm) -> SiteView:
        def first(site_id: str, follows: Sequence[Write]) -> Site:
            account_id = routes.caller().account_id
            with while_active(deps.table, account_id) as alive:
                return create_site(
                    form,
                    account_id=account_id,
                    sites=sites,
                    new_id=lambda: site_id,
                    follows=[*follows, alive],
                )

        return _view(once.answer(first, sites.find, new_id=_new_id), deps.settings)


def _new_id() -> str:
    """Public, since it stands in every page, but not to be guessed from another one."""
    return f"s_{secrets.token_hex(10)}"


def _summary(site: Site) -> dict[str, object]:
    return {
        "id": site.id,
        "name": site.name,
        "origins": list(site.origins),
        "language": site.language,
        "pixel_mode": site.pixel_mode,
        "state": site.state,
        "collecting": site.collecting,
    }


def _view(site: Site, settings: Settings) -> SiteView:
    return SiteView.model_validate(
        _summary(site)
        | {
            "privacy_notice_url": site.privacy_notice_url,
            "languages": list(site.languages),
            "country": site.country,
            "greetings": site.greetings,
            "knowledge": site.knowledge,
            "lead_fields": [asdict(field) for field in site.lead_fields],
            "consent": asdict(site.consent),
            "model": site.model,
            "limits": asdict(site.limits),
            "retention_months": site.retention_months,
            "retention_months_most": promised_months(),
            "snippet": _snippet(site, settings),
        }
    )


def _snippet(site: Site, settings: Settings) -> str:
    """The API's own address is the console's without its folder. The request's Host header is not
    asked: whoever sends it would choose whose script goes into a customer's pages."""
    console = settings.console_url.removesuffix("/")
    api = console.removesuffix(_CONSOLE) + "/" if console.endswith(_CONSOLE) else ""
    return f'<script async src="{api}widget.js" data-site="{site.id}"></script>'


def _kept(text: KeptText) -> KeptTextView:
    return KeptTextView(
        version=text.version,
        since=text.since or None,
        texts=text.texts,
        hashes={language: text_hash(words) for language, words in text.texts.items()},
    )
