"""POST /v1/search: what there is of one person, found by an exact address or number.

In the body, because URLs end up in logs. An answer tells whether an address is known, so only
those may ask who see addresses at all; and nothing but the index of people is read.
"""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from leadlayer.chat.inbox import Inbox
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.inbox_answers import (
    ConversationSummary,
    LeadSummary,
    conversation_summary,
    lead_summary,
    shown,
)
from leadlayer.core.errors import Problem
from leadlayer.core.forms import EmailAddress, Phone, StrictForm
from leadlayer.leads.contact import normal_email, normal_phone
from leadlayer.leads.desk import LeadDesk
from leadlayer.privacy.erasure import Target
from leadlayer.privacy.subject import places_of
from leadlayer.sites.store import SiteStore

# So many are answered, the newest of so many that are read of each address and number.
_MOST = 100
_READ = 1000


class SearchForm(StrictForm):
    """`country` says how to read a national number; without it, as the account's sites do."""

    email: EmailAddress | None = None
    phone: Phone | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None


class Found(BaseModel):
    """The newest first. `more`: there is more than one answer holds."""

    leads: list[LeadSummary]
    conversations: list[ConversationSummary]
    more: bool


def add_routes(routes: Routes, deps: Deps) -> None:
    desk = LeadDesk(deps.table)
    inbox = Inbox(deps.table)
    sites = SiteStore(deps.table)

    @routes.route(
        "POST", "/v1/search", action="leads.answer", summary="Leads and conversations of a person"
    )
    def search(form: SearchForm) -> Found:
        account_id = routes.caller().account_id
        own = sites.of_account(account_id)
        wanted = _identifiers(form, [site.country for site in own])
        places, more = _places(account_id, wanted, deps)
        leads = [desk.find(each.site_id, each.id) for each in places if each.kind == "lead"]
        talks = [inbox.find(each.site_id, each.id) for each in places if each.kind != "lead"]
        return Found(
            leads=[shown(lead_summary(lead), routes.grant()) for lead in leads if lead],
            conversations=[
                shown(conversation_summary(talk), routes.grant()) for talk in talks if talk
            ],
            more=more,
        )


def _identifiers(form: SearchForm, countries: list[str]) -> set[str]:
    """Raises Problem 422 when nothing is asked for, or no number can look like this anywhere."""
    if form.email is None and form.phone is None:
        errors = [{"field": "body", "reason": "email_or_phone"}]
        raise Problem(422, "invalid_request", "Ask for an address or a number.", errors=errors)
    found = set[str]() if form.email is None else {normal_email(form.email)}
    if form.phone is not None:
        found |= _numbers(form.phone, [form.country] if form.country else countries)
    return found


def _numbers(text: str, countries: list[str]) -> set[str]:
    found: set[str] = set()
    refused: Problem | None = None
    for country in sorted(set(countries)) or ["NL"]:
        try:
            found.add(normal_phone(text, country=country))
        except Problem as problem:
            refused = problem
    if refused is not None and not found:
        raise refused
    return found


def _places(account_id: str, identifiers: set[str], deps: Deps) -> tuple[list[Target], bool]:
    """Where the person is listed, the newest first; and whether there are more places."""
    keyring = deps.keyring()
    places: set[Target] = set()
    more = False
    for identifier in identifiers:
        subject = keyring.subject(account_id, identifier)
        found, has_more = places_of(account_id, subject, table=deps.table, limit=_READ)
        places.update(found)
        more = more or has_more
    newest = sorted(places, key=lambda place: place.id, reverse=True)
    return newest[:_MOST], more or len(newest) > _MOST
