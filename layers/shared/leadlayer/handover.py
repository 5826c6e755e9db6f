"""Where slices meet: what one slice is told of another's facts. Slices never import each other."""

from collections.abc import Sequence
from dataclasses import replace

from leadlayer.accounts.store import AccountStore
from leadlayer.chat.model import Conversation, SiteBrief
from leadlayer.chat.ports import CapturedContact
from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.crypto import Keyring
from leadlayer.core.ids import NewId
from leadlayer.core.policy import policy
from leadlayer.core.subjects import SubjectRefItem
from leadlayer.core.table import Table, Write
from leadlayer.leads.model import ConsentForm, Lead, SiteRules, Wanted
from leadlayer.leads.service import capture_lead
from leadlayer.leads.store import LeadStore
from leadlayer.mail.model import Recipient
from leadlayer.mail.store import new_lead_mail
from leadlayer.sites.model import Site

# Who is told of a new lead: those who may answer the person.
_INFORMED_ROLES = frozenset({"owner", "admin", "agent"})


def lead_store(table: Table, *, clock: Clock) -> LeadStore:
    """Leads whose announcement is written in their own transaction."""

    def follows(lead: Lead) -> Sequence[Write]:
        return [
            new_lead_mail(
                account_id=lead.account_id, site_id=lead.site_id, lead_id=lead.id, now=clock()
            )
        ]

    return LeadStore(table, clock=clock, follows=follows)


def site_rules(site: Site, *, language: str, consent_text: str | None = None) -> SiteRules:
    """What a lead must satisfy. `consent_text` is what was shown, if not the site's own."""
    return SiteRules(
        site_id=site.id,
        account_id=site.account_id,
        country=site.country,
        asked_fields=frozenset(field.name for field in site.lead_fields),
        required_fields=frozenset(field.name for field in site.lead_fields if field.required),
        consent_text=consent_text or site.consent.text(language),
        consent_version=site.consent.version,
        consent_required=site.consent.required,
        retention_months=site.retention_months,
    )


def site_brief(site: Site, *, language: str) -> SiteBrief:
    return SiteBrief(
        site_id=site.id,
        account_id=site.account_id,
        name=site.name,
        language=language,
        knowledge=site.knowledge,
        consent_text=site.consent.text(language),
        consent_version=site.consent.version,
        model=site.model,
        disclosure_version=policy().disclosure_version,
        turns_per_conversation=site.limits.turns_per_conversation,
        turns_per_day=site.limits.turns_per_day,
        tokens_per_day=site.limits.tokens_per_day,
        answer_tokens=site.limits.answer_tokens,
        retention_months=site.retention_months,
    )


def lead_recipients(accounts: AccountStore, account_id: str) -> list[Recipient]:
    """The people of an active account who are told of a lead, addressed at the time of sending."""
    account = accounts.find(account_id)
    if account is None or account.state != "active":
        return []
    return [
        Recipient(member.id, member.email, member.language)
        for member in accounts.list_members(account_id)
        if member.role in _INFORMED_ROLES
    ]


def conversation_refs(conversation: Conversation, *, leads: LeadStore) -> list[SubjectRefItem]:
    """Where a conversation is listed by the lead that was left in it."""
    if conversation.lead_id is None:
        return []
    lead = leads.find(conversation.site_id, conversation.lead_id)
    place = keys.conversation(conversation.site_id, conversation.id)
    subjects = () if lead is None else lead.subjects
    return [SubjectRefItem(keys.subject(conversation.account_id, each), place) for each in subjects]


def lead_from_conversation(
    wanted: CapturedContact,
    *,
    site: Site,
    leads: LeadStore,
    keyring: Keyring,
    clock: Clock,
    new_id: NewId,
) -> str:
    """Stores what a visitor left in conversation; one lead for each, however often it is tried.

    Consent is asked here even where the form does without: nobody ticked anything.
    """
    conversation = wanted.conversation
    rules = replace(
        site_rules(site, language=conversation.language, consent_text=wanted.consent_text),
        consent_required=True,
    )
    asked = rules.asked_fields
    # Not the turn's: an answer that breaks off after this leaves no trace in the conversation.
    attempt = f"{conversation.id}/lead"
    return capture_lead(
        Wanted(
            # The model may pass on what the site's form does not ask for.
            contact={name: wanted.contact[name] for name in wanted.contact.keys() & asked},
            consent=ConsentForm(given=True, version=rules.consent_version),
            language=conversation.language,
            method="conversation",
            page=conversation.page,
            conversation_id=conversation.id,
        ),
        site=rules,
        leads=leads,
        keyring=keyring,
        clock=clock,
        new_id=new_id,
        retry=(keyring.idempotency(site.id, attempt), attempt),
    )
