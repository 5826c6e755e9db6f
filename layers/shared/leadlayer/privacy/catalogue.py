"""What every kind of row is: whose data, why it is kept, how long, how it is found and how it goes.

The suite is red when a row type or attribute is written that is not described here (P02).
"""

from dataclasses import dataclass
from typing import Literal

from leadlayer.accounts.store import AccountItem, MemberItem
from leadlayer.chat.budget import UsageItem
from leadlayer.chat.store import ConversationItem, MessageItem
from leadlayer.core.idempotency import IdempotencyItem
from leadlayer.core.rate_limit import RateItem, SaltItem
from leadlayer.core.subjects import SubjectRefItem
from leadlayer.core.table import Item
from leadlayer.leads.store import LeadItem
from leadlayer.mail.store import MailItem
from leadlayer.sites.store import SiteItem
from leadlayer.views.model import COUNTER
from leadlayer.views.model import KIND as VIEW_COUNTER

Owner = Literal["visitor", "member", "customer", "nobody"]
Role = Literal["processor", "controller", "none"]
Reach = Literal["subject index", "conversation", "lead", "account", "expires", "none"]

_KEYS = frozenset({"pk", "sk", "type", "expires_at", "gsi1pk", "gsi1sk"})


@dataclass(frozen=True)
class Entry:
    """`found_by` is how one person's rows are reached without a scan, for export and for erasure;
    `exported` are the attributes that belong to the person and go into an export."""

    kind: str
    owner: Owner
    role: Role
    purpose: str
    legal_basis: str
    retention: str
    found_by: Reach
    attributes: frozenset[str]
    exported: frozenset[str] = frozenset()
    model: type[Item] | None = None

    @property
    def is_personal(self) -> bool:
        return self.owner in ("visitor", "member")

    @property
    def expires(self) -> bool:
        """Rows of an account end with it; every other row carries its own date."""
        return self.retention != "account"


def _entry(
    model: type[Item],
    *,
    owner: Owner,
    role: Role,
    purpose: str,
    legal_basis: str,
    retention: str,
    found_by: Reach,
    attributes: str = "",
    exported: str = "",
) -> Entry:
    shown = frozenset(exported.split())
    return Entry(
        kind=model.KIND,
        owner=owner,
        role=role,
        purpose=purpose,
        legal_basis=legal_basis,
        retention=retention,
        found_by=found_by,
        attributes=_KEYS | shown | frozenset(attributes.split()),
        exported=shown,
        model=model,
    )


_CUSTOMER = "instruction of the customer (GDPR art. 28)"
_CONTRACT = "contract with the customer (GDPR art. 6(1)(b))"
_SECURITY = "legitimate interest: keep the service usable (GDPR art. 6(1)(f))"

ENTRIES: tuple[Entry, ...] = (
    _entry(
        LeadItem,
        owner="visitor",
        role="processor",
        purpose="Hand the contact details that a visitor left to the customer, with their consent",
        legal_basis=_CUSTOMER,
        retention="lead",
        found_by="subject index",
        exported=(
            "name email phone city message page visited_at created_at conversation_id state "
            "consent_given consent_version consent_text_hash consent_language consent_method "
            "consent_at widget_version"
        ),
        attributes="account_id subjects",
    ),
    _entry(
        ConversationItem,
        owner="visitor",
        role="processor",
        purpose="Answer a visitor and let the customer read the conversation",
        legal_basis=_CUSTOMER,
        retention="conversation",
        found_by="subject index",
        exported="language visited_at disclosure_version turns page consent_asked lead_id",
        attributes="account_id lock_until",
    ),
    _entry(
        MessageItem,
        owner="visitor",
        role="processor",
        purpose="What was said in a conversation",
        legal_basis=_CUSTOMER,
        retention="conversation",
        found_by="conversation",
        exported="turn role text at",
    ),
    _entry(
        SubjectRefItem,
        owner="visitor",
        role="processor",
        purpose="Find what is kept about one person; holds an HMAC of an address or number",
        legal_basis=_CUSTOMER,
        retention="lead",
        found_by="subject index",
    ),
    _entry(
        MailItem,
        owner="nobody",
        role="controller",
        purpose="Tell a customer's people that there is a lead; holds ids only",
        legal_basis=_CONTRACT,
        retention="mail",
        found_by="lead",
        attributes="kind account_id site_id lead_id sent_to",
    ),
    _entry(
        IdempotencyItem,
        owner="nobody",
        role="processor",
        purpose="Answer a retried request once; holds HMACs and ids",
        legal_basis=_CUSTOMER,
        retention="idempotency",
        found_by="expires",
        attributes="body result state lease_until",
    ),
    _entry(
        RateItem,
        owner="visitor",
        role="controller",
        purpose="Slow down floods; a count under an HMAC of a network, with a salt that goes daily",
        legal_basis=_SECURITY,
        retention="rate_window",
        found_by="expires",
        exported="",
        attributes="calls",
    ),
    _entry(
        SaltItem,
        owner="nobody",
        role="controller",
        purpose="The day's random salt of the flood counts",
        legal_basis=_SECURITY,
        retention="rate_salt",
        found_by="expires",
        attributes="salt",
    ),
    _entry(
        UsageItem,
        owner="customer",
        role="controller",
        purpose="Turns and tokens that a site used in a day",
        legal_basis=_CONTRACT,
        retention="usage",
        found_by="account",
        attributes="turns tokens",
    ),
    _entry(
        SiteItem,
        owner="customer",
        role="controller",
        purpose="How a customer's widget looks, answers and collects",
        legal_basis=_CONTRACT,
        retention="account",
        found_by="account",
        attributes=(
            "account_id name origins privacy_notice_url language languages country greetings "
            "knowledge lead_fields consent pixel_mode model limits retention_months state"
        ),
    ),
    _entry(
        AccountItem,
        owner="customer",
        role="controller",
        purpose="Who the customer is",
        legal_basis=_CONTRACT,
        retention="account",
        found_by="account",
        attributes="name state",
    ),
    _entry(
        MemberItem,
        owner="member",
        role="controller",
        purpose="Who may sign in for a customer and is told of new leads",
        legal_basis=_CONTRACT,
        retention="account",
        found_by="account",
        exported="email role language",
    ),
    Entry(
        kind=VIEW_COUNTER,
        owner="nobody",
        role="none",
        purpose="How often a page was viewed on a day; a number, nothing about who viewed it",
        legal_basis="not personal data",
        retention="view_counter",
        found_by="none",
        attributes=_KEYS | {COUNTER},
    ),
)


def entry(kind: str) -> Entry:
    """Raises KeyError for a type that is not described."""
    return {known.kind: known for known in ENTRIES}[kind]
