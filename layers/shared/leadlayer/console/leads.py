"""Leads for staff: listed, read, changed, written notes about, deleted."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import Caller, Routes
from leadlayer.console.deps import Deps
from leadlayer.console.inbox_answers import (
    LeadSummary,
    LeadView,
    NoteView,
    lead_summary,
    lead_view,
    note_view,
    shown,
)
from leadlayer.console.lists import Cursor, Limit, Listing, next_cursor, position_of
from leadlayer.console.newest import ids_between, newest
from leadlayer.console.once import Once
from leadlayer.core.errors import not_found
from leadlayer.core.forms import Opaque, StrictForm, Text
from leadlayer.core.table import Write
from leadlayer.leads.desk import LeadDesk
from leadlayer.leads.editing import add_note, change_lead
from leadlayer.leads.model import Lead, LeadChange, LeadState, Note
from leadlayer.privacy.deletions import DeletionStore, erase_now
from leadlayer.privacy.erasure import Target, open_eraser
from leadlayer.sites.store import SiteStore

OneSite = Annotated[Opaque | None, Query(description="Only of this site")]
Day = Annotated[date | None, Query(description="Only those of this UTC day")]
InState = Annotated[LeadState | None, Query(description="Only those in this state")]

_LEAD = "/v1/sites/<site>/leads/<lead>"


class NoteForm(StrictForm):
    text: Text


def add_routes(routes: Routes, deps: Deps) -> None:
    _add_reading(routes, deps)
    _add_changing(routes, deps)
    _add_deleting(routes, deps)


def _add_reading(routes: Routes, deps: Deps) -> None:
    desk = LeadDesk(deps.table)
    sites = SiteStore(deps.table)

    @routes.route(
        "GET", "/v1/leads", action="leads.read", summary="Leads of all sites, newest first"
    )
    def list_leads(
        site: OneSite = None,
        state: InState = None,
        day: Day = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Listing[LeadSummary]:
        account_id, keyring = routes.caller().account_id, deps.keyring()
        of = f"leads?site={site}&state={state}&day={day}"
        last = position_of(cursor, of=of, account_id=account_id, keyring=keyring)
        found, seen = newest(
            site_ids(account_id, site, sites),
            ids_between(day, last),
            read=lambda each, ids, most: desk.newest(each, ids, limit=most),
            is_wanted=lambda lead: state in (None, lead.state),
            limit=limit,
        )
        return Listing(
            items=[shown(lead_summary(lead), routes.grant()) for lead in found],
            next=next_cursor(seen, of=of, account_id=account_id, keyring=keyring),
        )

    @routes.route("GET", _LEAD, action="leads.read", summary="A lead with its notes")
    def read_lead(site: str, lead: str) -> LeadView:
        found = _find(desk, site, lead)
        return shown(lead_view(found, desk.notes(found)), routes.grant())


def _add_changing(routes: Routes, deps: Deps) -> None:
    desk, once = LeadDesk(deps.table), Once(routes, deps)
    colleagues = AccountStore(deps.table)

    @routes.route("PATCH", _LEAD, action="leads.answer", summary="Change a lead")
    def patch_lead(site: str, lead: str, form: LeadChange) -> LeadView:
        changed = change_lead(
            _find(desk, site, lead),
            form,
            country=routes.site().country,
            is_colleague=colleague_of(routes.caller(), colleagues),
            desk=desk,
            keyring=deps.keyring(),
        )
        return shown(lead_view(changed, desk.notes(changed)), routes.grant())

    @routes.route(
        "POST",
        f"{_LEAD}/notes",
        action="leads.answer",
        summary="Write a note about a lead",
        status_code=201,
    )
    def post_note(site: str, lead: str, form: NoteForm) -> NoteView:
        found = _find(desk, site, lead)

        def first(note_id: str, follows: Sequence[Write]) -> Note:
            return add_note(
                found,
                form.text,
                author=author(routes.caller()),
                desk=desk,
                clock=deps.clock,
                new_id=lambda: note_id,
                follows=follows,
            )

        return note_view(once.answer(first, lambda note_id: desk.note(found, note_id)))

    @routes.route(
        "DELETE",
        f"{_LEAD}/notes/<note>",
        action="leads.answer",
        summary="Delete a note",
        status_code=204,
    )
    def delete_note(site: str, lead: str, note: str) -> Response[str]:
        if not desk.remove_note(_find(desk, site, lead), note):
            raise not_found()
        return Response(204, body="")


def _add_deleting(routes: Routes, deps: Deps) -> None:
    erase = erasing(routes, deps)

    @routes.route(
        "DELETE",
        _LEAD,
        action="leads.delete",
        summary="Delete a lead and its conversation for good",
        status_code=204,
    )
    def delete_lead(site: str, lead: str) -> Response[str]:
        return erase(Target("lead", site, lead))


def erasing(routes: Routes, deps: Deps) -> Callable[[Target], Response[str]]:
    """What deletes a target of the caller's account for good."""
    eraser = open_eraser(deps.table, ledger=deps.ledger, files=deps.files, clock=deps.clock)
    deletions = DeletionStore(deps.table, clock=deps.clock)

    def erase(target: Target) -> Response[str]:
        if not erase_now(
            routes.caller().account_id,
            target,
            job_id=deps.new_id(),
            deletions=deletions,
            eraser=eraser,
        ):
            raise not_found()
        return Response(204, body="")

    return erase


def site_ids(account_id: str, site_id: str | None, sites: SiteStore) -> list[str]:
    """The sites that a list is of. Another account's site is as missing as one that never was."""
    if site_id is None:
        return [site.id for site in sites.of_account(account_id)]
    site = sites.find(site_id)
    if site is None or site.account_id != account_id:
        raise not_found()
    return [site_id]


def author(caller: Caller) -> str:
    """Who wrote something: a member's id, or that of an API key as one."""
    return caller.member_id or f"key:{caller.key_id}"


def colleague_of(caller: Caller, accounts: AccountStore) -> Callable[[str], bool]:
    return lambda member_id: accounts.find_member(caller.account_id, member_id) is not None


def _find(desk: LeadDesk, site_id: str, lead_id: str) -> Lead:
    lead = desk.find(site_id, lead_id)
    if lead is None:
        raise not_found()
    return lead
