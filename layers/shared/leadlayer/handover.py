"""Where slices meet: what one slice is told of another's facts. Slices never import each other."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from leadlayer.accounts.ending import last_second
from leadlayer.accounts.links import LinkStore
from leadlayer.accounts.model import Member, Role
from leadlayer.accounts.store import AccountStore
from leadlayer.chat.model import SiteBrief
from leadlayer.chat.ports import CapturedContact
from leadlayer.chat.store import ConversationStore
from leadlayer.core.clock import Clock, iso
from leadlayer.core.crypto import Keyring
from leadlayer.core.ids import NewId
from leadlayer.core.policy import policy
from leadlayer.core.table import Table, Write
from leadlayer.leads.model import ConsentForm, Lead, SiteRules, Wanted
from leadlayer.leads.service import CONTACT_FIELDS, capture_lead
from leadlayer.leads.store import LeadStore
from leadlayer.mail.model import Addressed, Mail, Recipient
from leadlayer.mail.store import new_lead_mail
from leadlayer.mail.texts import letter
from leadlayer.sites.model import Site
from leadlayer.sites.store import SiteStore
from leadlayer.webhooks.model import Facts, Kind

# Who is told of a new lead: those who may answer the person.
_INFORMED_ROLES: Set[Role] = frozenset({"owner", "admin", "agent"})
# Who is told that an account ends: those who may take its data along or bring it back.
_RESPONSIBLE_ROLES: Set[Role] = frozenset({"owner", "privacy_officer"})


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
    return _those(accounts, account_id, _INFORMED_ROLES)


@dataclass(frozen=True)
class Postroom:
    """Who gets a mail and what it says, looked up when it is sent: the outbox knows ids only."""

    accounts: AccountStore
    links: LinkStore
    sites: SiteStore
    keyring: Callable[[], Keyring]
    console_url: str

    def letters(self, mail: Mail) -> list[Addressed]:
        """Nobody when what the mail is about is gone."""
        match mail.kind:
            case "new_lead":
                return self._of_lead(mail)
            case "sign_in" | "sign_up":
                return self._of_link(mail)
            case "invitation" | "export_ready":
                return self._to_member(mail)
            case "account_terminated":
                return self._of_termination(mail)

    def _of_lead(self, mail: Mail) -> list[Addressed]:
        site = self.sites.find(mail.site_id or "")
        if site is None:
            return []
        link = f"{self.console_url}/#/sites/{site.id}/leads/{mail.lead_id}"
        people = lead_recipients(self.accounts, mail.account_id or "")
        return [_addressed(mail, to, link=link, name=site.name) for to in people]

    def _of_link(self, mail: Mail) -> list[Addressed]:
        """The token is worked out again each time, so that a mail sent twice is the same mail."""
        token = self.keyring().link_token(mail.id)
        found = self.links.find(token)
        if found is None:
            return []
        # A stranger has no address here, so nothing is sent to what somebody typed.
        known = [member.email for member in self.accounts.members_of(found.person)]
        to = [found.email] if found.kind == "sign_up" and found.email else known[:1]
        link = f"{self.console_url}/#/sign-in/{token}"
        return [
            _addressed(mail, Recipient("link", email, found.language), link=link) for email in to
        ]

    def _to_member(self, mail: Mail) -> list[Addressed]:
        """An invitation to who has not come yet, or an export to who asked for it."""
        account = self.accounts.find(mail.account_id or "")
        member = self.accounts.find_member(mail.account_id or "", mail.member_id or "")
        waits = "invited" if mail.kind == "invitation" else "active"
        if account is None or member is None or member.state != waits:
            return []
        if mail.kind == "invitation" and account.state != "active":
            return []
        link = f"{self.console_url}/" + ("" if mail.kind == "invitation" else "#/exports")
        return [_addressed(mail, _recipient(member), link=link, name=account.name)]

    def _of_termination(self, mail: Mail) -> list[Addressed]:
        account = self.accounts.find(mail.account_id or "")
        if account is None or account.terminated_at is None:
            return []
        until = last_second(account.terminated_at).strftime("%Y-%m-%d")
        link = f"{self.console_url}/"
        return [
            _addressed(mail, to, link=link, name=account.name, until=until)
            for to in _those(self.accounts, account.id, _RESPONSIBLE_ROLES)
        ]


def _those(accounts: AccountStore, account_id: str, roles: Set[Role]) -> list[Recipient]:
    """Members with one of the roles who have signed in once: until then an invitation is all that
    an address gets."""
    return [
        _recipient(member)
        for member in accounts.list_members(account_id)
        if member.role in roles and member.state == "active"
    ]


def _recipient(member: Member) -> Recipient:
    return Recipient(member.id, member.email, member.language)


def _addressed(
    mail: Mail, to: Recipient, *, link: str, name: str = "", until: str = ""
) -> Addressed:
    words = letter(mail.kind, language=to.language, link=link, name=name, until=until)
    return Addressed(to, words)


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


def event_facts(
    kind: Kind,
    site_id: str,
    about_id: str,
    *,
    leads: LeadStore,
    conversations: ConversationStore,
) -> Facts | None:
    """What a customer's endpoint is told of a lead or conversation as it is now; None when it is
    gone. Of a conversation no word that was said, only that there is one."""
    if kind == "conversation.started":
        conversation = conversations.find(site_id, about_id)
        return conversation and Facts(
            conversation.account_id,
            {
                "id": conversation.id,
                "site": conversation.site_id,
                "page": conversation.page,
                "language": conversation.language,
            },
        )
    lead = leads.find(site_id, about_id)
    return lead and Facts(lead.account_id, _told_of(lead))


def _told_of(lead: Lead) -> dict[str, object]:
    consent = lead.consent
    return {
        "id": lead.id,
        "site": lead.site_id,
        "created_at": lead.created_at,
        "visited_at": lead.visited_at,
        "expires_at": iso(datetime.fromtimestamp(lead.expires_at, UTC)),
        **{name: lead.value(name) for name in CONTACT_FIELDS},
        "page": lead.page,
        "conversation": lead.conversation_id,
        "language": consent.language,
        "consent": {
            "given": consent.given,
            "version": consent.version,
            "text_hash": consent.text_hash,
            "language": consent.language,
            "method": consent.method,
            "at": consent.at,
        },
    }
