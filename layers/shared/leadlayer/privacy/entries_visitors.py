"""The catalogue of what is kept about visitors, on behalf of a customer."""

from leadlayer.chat.store import ConversationItem, MessageItem
from leadlayer.core.subjects import SubjectRefItem
from leadlayer.leads.desk import NoteItem
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.entry import CUSTOMER, Entry, described

VISITORS: tuple[Entry, ...] = (
    described(
        LeadItem,
        owner="visitor",
        role="processor",
        purpose="Hand the contact details that a visitor left to the customer, with their consent",
        legal_basis=CUSTOMER,
        retention="lead",
        found_by="subject index",
        exported=(
            "name email phone city message page visited_at created_at conversation_id state "
            "consent_given consent_version consent_text_hash consent_language consent_method "
            "consent_at widget_version"
        ),
        attributes="account_id subjects assigned_to notes",
    ),
    described(
        NoteItem,
        owner="visitor",
        role="processor",
        purpose="What the customer's staff writes down about a lead",
        legal_basis=CUSTOMER,
        retention="lead",
        found_by="lead",
        exported="text at",
        attributes="author",
    ),
    described(
        ConversationItem,
        owner="visitor",
        role="processor",
        purpose="Answer a visitor and let the customer read the conversation",
        legal_basis=CUSTOMER,
        retention="conversation",
        found_by="subject index",
        exported=(
            "language visited_at disclosure_version turns page consent_asked lead_id "
            "last_message_at mode state"
        ),
        # Who of the customer's staff answers is about them, not about the visitor.
        attributes="account_id lock_until taken_by assigned_to staff_turns",
    ),
    described(
        MessageItem,
        owner="visitor",
        role="processor",
        purpose="What was said in a conversation",
        legal_basis=CUSTOMER,
        retention="conversation",
        found_by="conversation",
        exported="turn role text at",
    ),
    described(
        SubjectRefItem,
        owner="visitor",
        role="processor",
        purpose="Find what is kept about one person; holds an HMAC of an address or number",
        legal_basis=CUSTOMER,
        retention="lead",
        found_by="subject index",
    ),
)
