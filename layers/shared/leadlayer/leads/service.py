"""Decides whether a lead may be stored: consent first, then contact details, then exactly once."""

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from leadlayer.core.clock import Clock, iso, to_hour
from leadlayer.core.crypto import Keyring, text_hash
from leadlayer.core.errors import Problem
from leadlayer.core.ids import NewId
from leadlayer.core.paths import scrub_path
from leadlayer.core.policy import retention
from leadlayer.leads.contact import normal_email, normal_phone
from leadlayer.leads.model import (
    CONTACT_FIELDS,
    ConsentEvidence,
    Lead,
    LeadForm,
    SiteRules,
    Wanted,
)


class Leads(Protocol):
    def stored_before(self, site_id: str, retry: tuple[str, str]) -> str | None:
        """The lead that an earlier try stored. Raises Problem 409 for another body."""
        ...

    def add(self, lead: Lead, *, retry: tuple[str, str] | None) -> str:
        """Stores it and returns its id, or the id that an equal retry stored before."""
        ...


def from_form(form: LeadForm, *, site: SiteRules, language: str) -> Wanted:
    """What the form wishes. Raises Problem 422 when a field that the site requires is missing, or
    one is filled in that it does not ask for: what nobody asked for is not kept."""
    values = form.model_dump(include=set(CONTACT_FIELDS), exclude_none=True)
    _refuse(values.keys() - site.asked_fields, "not_asked", "Fields were not asked for.")
    _refuse(site.required_fields - values.keys(), "missing", "Required fields are missing.")
    return Wanted(
        contact=values,
        consent=form.consent,
        language=language,
        method="form",
        page=form.page,
        conversation_id=form.conversation,
        widget_version=form.widget_version,
    )


def _refuse(fields: Set[str], reason: str, detail: str) -> None:
    if fields:
        errors = [{"field": name, "reason": reason} for name in sorted(fields)]
        raise Problem(422, "invalid_request", detail, errors=errors)


def capture_lead(
    wanted: Wanted,
    *,
    site: SiteRules,
    leads: Leads,
    keyring: Keyring,
    clock: Clock,
    new_id: NewId,
    retry: tuple[str, str] | None = None,
) -> str:
    """Store a lead with its evidence; returns its id.

    `retry` is the HMAC of the Idempotency-Key and of the body. Raises Problem: consent_required,
    consent_version_outdated, contact_missing, invalid_request, idempotency_key_reused.
    """
    if retry is not None and (stored := leads.stored_before(site.site_id, retry)):
        # Whatever has changed since, such as the consent text: it is in, and once is enough.
        return stored
    now = clock()
    evidence = _evidence(wanted, site=site, now=now)
    contact = normal_contact(wanted.contact, country=site.country)
    lead = Lead(
        id=new_id(),
        site_id=site.site_id,
        account_id=site.account_id,
        created_at=iso(now),
        visited_at=to_hour(now),
        expires_at=retention("lead", at_most_months=site.retention_months).expiry(now),
        consent=evidence,
        contact=contact,
        subjects=subjects_of(contact, account_id=site.account_id, keyring=keyring),
        page=None if wanted.page is None else scrub_path(wanted.page),
        conversation_id=wanted.conversation_id,
    )
    return leads.add(lead, retry=retry)


def _evidence(wanted: Wanted, *, site: SiteRules, now: datetime) -> ConsentEvidence:
    consent = wanted.consent
    given = consent is not None and consent.given
    if site.consent_required and not given:
        raise Problem(422, "consent_required", "The site's consent text was not agreed to.")
    if consent is not None and consent.version != site.consent_version:
        raise Problem(
            409, "consent_version_outdated", "The consent text has changed; show the new one."
        )
    return ConsentEvidence(
        given=given,
        version=site.consent_version,
        text_hash=text_hash(site.consent_text),
        language=wanted.language,
        method=wanted.method,
        at=iso(now),
        widget_version=wanted.widget_version,
    )


def normal_contact(contact: Mapping[str, str], *, country: str) -> dict[str, str]:
    """Each value in its one spelling. Raises Problem 422 when the person could not be reached."""
    if not contact.keys() & {"email", "phone"}:
        raise Problem(422, "contact_missing", "An e-mail address or a phone number is needed.")
    normal: dict[str, Callable[[str], str]] = {
        "email": normal_email,
        "phone": lambda text: normal_phone(text, country=country),
    }
    return {name: normal.get(name, str)(value) for name, value in contact.items()}


def subjects_of(
    contact: Mapping[str, str], *, account_id: str, keyring: Keyring
) -> tuple[str, ...]:
    """One index value for each way in which the person can be asked for later."""
    identifiers: Sequence[str] = [contact[name] for name in ("email", "phone") if name in contact]
    return tuple(keyring.subject(account_id, identifier) for identifier in identifiers)
