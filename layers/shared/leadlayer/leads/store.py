"""A lead, its index rows, its retry record and what must follow from it: one transaction."""

from collections.abc import Callable, Iterable, Sequence

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.errors import not_found
from leadlayer.core.idempotency import IdempotencyItem, check_same_body
from leadlayer.core.policy import retention
from leadlayer.core.subjects import SubjectRefItem, subject_ref
from leadlayer.core.table import ConditionFailed, Item, Put, Table, Update, Write
from leadlayer.leads.model import CONTACT_FIELDS, ConsentEvidence, Lead

_RETRY = "LEAD"


class LeadItem(Item):
    KIND = "lead"
    DUE_BY = "expires_at"
    account_id = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    visited_at = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    city = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    page = UnicodeAttribute(null=True)
    conversation_id = UnicodeAttribute(null=True)
    subjects = JSONAttribute()
    consent_given = BooleanAttribute()
    consent_version = UnicodeAttribute()
    consent_text_hash = UnicodeAttribute()
    consent_language = UnicodeAttribute()
    consent_method = UnicodeAttribute()
    consent_at = UnicodeAttribute()
    widget_version = UnicodeAttribute(null=True)
    assigned_to = UnicodeAttribute(null=True)
    # How many there are beside it.
    notes = NumberAttribute(null=True)


class LeadStore:
    """`follows` gives the writes that a new lead brings about, such as a row for the mailer."""

    def __init__(
        self, table: Table, *, clock: Clock, follows: Callable[[Lead], Sequence[Write]]
    ) -> None:
        self._table = table
        self._clock = clock
        self._follows = follows

    def find(self, site_id: str, lead_id: str) -> Lead | None:
        item = self._table.find(LeadItem, keys.leads(site_id), keys.lead(lead_id))
        return None if item is None else lead_of(item)

    def add(self, lead: Lead, *, retry: tuple[str, str] | None) -> str:
        writes: list[Write] = [Put(_to_item(lead), only_new=True)]
        writes += map(Put, subject_refs(lead))
        writes += self._follows(lead)
        writes += _conversation_is_there(lead)
        if retry is None:
            self._table.transact(writes)
            return lead.id
        return self._add_once(lead, writes, *retry)

    def stored_before(self, site_id: str, retry: tuple[str, str]) -> str | None:
        key, body = retry
        found = self._table.find(IdempotencyItem, keys.idempotency(site_id, key), _RETRY)
        if found is None:
            return None
        check_same_body(found, body)
        return found.result

    def _add_once(self, lead: Lead, writes: list[Write], key: str, body: str) -> str:
        pk = keys.idempotency(lead.site_id, key)
        expires_at = retention("idempotency").expiry(self._clock())
        record = IdempotencyItem(pk, _RETRY, body=body, result=lead.id, expires_at=expires_at)
        try:
            self._table.transact([Put(record, only_new=True), *writes])
        except ConditionFailed:
            # An equal request was quicker by a moment.
            if stored := self.stored_before(lead.site_id, (key, body)):
                return stored
            if lead.consent.method == "conversation":
                raise not_found() from None
            raise
        return lead.id


def leads_in(table: Table, site_id: str, conversation_id: str) -> list[Lead]:
    """Leads that point to a conversation; of the index, so a new one may lack for a moment."""
    page = table.query_index(LeadItem, keys.conversation(site_id, conversation_id))
    return [lead_of(item) for item in page.items]


def subject_refs(lead: Lead, subjects: Iterable[str] | None = None) -> list[SubjectRefItem]:
    """What stands under the person's index values (or under some of them): the lead and its
    conversation."""
    places = [f"LEAD#{lead.site_id}#{lead.id}"]
    if lead.conversation_id is not None:
        places.append(keys.conversation(lead.site_id, lead.conversation_id))
    return [
        subject_ref(lead.account_id, subject, place, expires_at=lead.expires_at)
        for subject in (lead.subjects if subjects is None else subjects)
        for place in places
    ]


def _conversation_is_there(lead: Lead) -> list[Write]:
    """What a visitor typed in a conversation that was deleted meanwhile is not kept as a lead."""
    if lead.consent.method != "conversation" or lead.conversation_id is None:
        return []
    head = Item(keys.conversation(lead.site_id, lead.conversation_id), "META")
    # It writes what is there already: what counts is that an update fails on what is gone.
    return [Update(head, [Item.type.set(Item.type)])]


def _to_item(lead: Lead) -> LeadItem:
    consent = lead.consent
    return LeadItem(
        keys.leads(lead.site_id),
        keys.lead(lead.id),
        **_place_in_index(lead),
        expires_at=lead.expires_at,
        account_id=lead.account_id,
        state=lead.state,
        assigned_to=lead.assigned_to,
        created_at=lead.created_at,
        visited_at=lead.visited_at,
        page=lead.page,
        conversation_id=lead.conversation_id,
        subjects=list(lead.subjects),
        consent_given=consent.given,
        consent_version=consent.version,
        consent_text_hash=consent.text_hash,
        consent_language=consent.language,
        consent_method=consent.method,
        consent_at=consent.at,
        widget_version=consent.widget_version,
        **lead.contact,
    )


def _place_in_index(lead: Lead) -> dict[str, str]:
    """A conversation's leads are found by it, so that none goes on pointing to one that is gone."""
    if lead.conversation_id is None:
        return {}
    place = keys.conversation(lead.site_id, lead.conversation_id)
    return {"gsi1pk": place, "gsi1sk": keys.lead(lead.id)}


def lead_of(item: LeadItem) -> Lead:
    contact = {name: value for name in CONTACT_FIELDS if (value := getattr(item, name)) is not None}
    return Lead(
        id=item.sk.removeprefix(keys.lead("")),
        site_id=item.pk.removeprefix(keys.leads("")),
        account_id=item.account_id,
        created_at=item.created_at,
        visited_at=item.visited_at,
        expires_at=int(item.expires_at),
        consent=ConsentEvidence(
            given=item.consent_given,
            version=item.consent_version,
            text_hash=item.consent_text_hash,
            language=item.consent_language,
            method=item.consent_method,  # pyright: ignore[reportArgumentType]  # checked when it was written
            at=item.consent_at,
            widget_version=item.widget_version,
        ),
        contact=contact,
        subjects=tuple(item.subjects),
        page=item.page,
        conversation_id=item.conversation_id,
        state=item.state,
        assigned_to=item.assigned_to,
    )
