"""Decides what staff may change of a lead: it stays reachable, and its owner a colleague."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from leadlayer.core.clock import Clock, iso
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem, limit_reached, not_found
from leadlayer.core.ids import NewId
from leadlayer.core.table import Write
from leadlayer.leads.model import CONTACT_FIELDS, Lead, LeadChange, Note
from leadlayer.leads.service import normal_contact, subjects_of

# Two people who change one lead at the same moment: one of them tries again.
_TRIES = 4


class Desk(Protocol):
    def find(self, site_id: str, lead_id: str) -> Lead | None: ...
    def change(self, before: Lead, after: Lead) -> bool: ...
    def add_note(self, lead: Lead, note: Note, *, follows: Sequence[Write] = ()) -> bool: ...


def change_lead(
    lead: Lead,
    change: LeadChange,
    *,
    country: str,
    is_colleague: Callable[[str], bool],
    desk: Desk,
    keyring: Keyring,
) -> Lead:
    """The lead as it is after the change. Raises Problem: contact_missing, invalid_request, not
    found, or busy when others change it all the time."""
    if change.assigned_to is not None and not is_colleague(change.assigned_to):
        errors = [{"field": "assigned_to", "reason": "not_a_member"}]
        raise Problem(422, "invalid_request", "Nobody of the account has this id.", errors=errors)
    for _ in range(_TRIES):
        after = _changed(lead, change, country=country, keyring=keyring)
        if after == lead or desk.change(lead, after):
            return after
        lead = desk.find(lead.site_id, lead.id) or _gone()
    raise Problem(409, "lead_busy", "Somebody else is changing this lead.", retry_after_s=1)


def add_note(
    lead: Lead,
    text: str,
    *,
    author: str,
    desk: Desk,
    clock: Clock,
    new_id: NewId,
    follows: Sequence[Write] = (),
) -> Note:
    """`follows` is written in the same transaction. Raises Problem 409 when the lead has as many
    notes as it may have."""
    note = Note(id=new_id(), author=author, text=text, at=iso(clock()))
    if desk.add_note(lead, note, follows=follows):
        return note
    if desk.find(lead.site_id, lead.id) is None:
        raise not_found()
    raise limit_reached()


def _changed(lead: Lead, change: LeadChange, *, country: str, keyring: Keyring) -> Lead:
    values = change.model_dump(exclude_unset=True)
    if values.get("state", "") is None:
        # A lead always has one.
        del values["state"]
    wanted = {name: values.pop(name) for name in CONTACT_FIELDS if name in values}
    if wanted:
        kept = {**lead.contact, **wanted}
        contact = normal_contact(
            {name: value for name, value in kept.items() if value is not None}, country=country
        )
        values["contact"] = contact
        values["subjects"] = subjects_of(contact, account_id=lead.account_id, keyring=keyring)
    return replace(lead, **values)


def _gone() -> Lead:
    raise not_found()
