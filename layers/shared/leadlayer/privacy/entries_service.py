"""The catalogue of rows that keep the service working: mails, retries, limits, counts."""

from leadlayer.chat.store import ErasureItem
from leadlayer.core.idempotency import IdempotencyItem
from leadlayer.core.rate_limit import RateItem, SaltItem
from leadlayer.mail.store import MailItem
from leadlayer.privacy.deletions import DeletionItem
from leadlayer.privacy.entry import CONTRACT, CUSTOMER, KEYS, LEGAL, SECURITY, Entry, described
from leadlayer.privacy.ledger import LedgerItem
from leadlayer.privacy.purge_store import PurgeRunItem, PurgeStateItem
from leadlayer.privacy.requests_mail import RequestMailItem
from leadlayer.privacy.requests_store import RequestCodeItem, RequestItem, RequestRefItem
from leadlayer.views.model import COUNTER
from leadlayer.views.model import KIND as VIEW_COUNTER
from leadlayer.views.rows import MonthStatisticsItem
from leadlayer.webhooks.store import AttemptItem, DeliveryItem

SERVICE: tuple[Entry, ...] = (
    described(
        MailItem,
        owner="nobody",
        role="controller",
        purpose="Tell a customer's people of leads, links and exports; holds ids only",
        legal_basis=CONTRACT,
        retention="mail",
        found_by="lead",
        attributes="kind account_id site_id lead_id member_id sent_to",
    ),
    described(
        IdempotencyItem,
        owner="nobody",
        role="processor",
        purpose="Do what a visitor or a colleague sends twice only once; holds HMACs and ids",
        legal_basis=CUSTOMER,
        retention="idempotency",
        found_by="expires",
        attributes="body result state lease_until",
    ),
    described(
        DeliveryItem,
        owner="nobody",
        role="processor",
        purpose="Tell a customer's endpoint of an event until it has it; holds ids only",
        legal_basis=CUSTOMER,
        retention="delivery",
        found_by="lead",
        attributes="kind account_id site_id created_at state attempts",
    ),
    described(
        AttemptItem,
        owner="nobody",
        role="processor",
        purpose="Show a customer what became of each delivery; holds ids, times and numbers",
        legal_basis=CUSTOMER,
        retention="delivery",
        found_by="expires",
        attributes="delivery_id kind at status took_ms outcome",
    ),
    described(
        RateItem,
        owner="visitor",
        role="controller",
        purpose=(
            "Slow down floods; a count under an HMAC of a network or of an address that sign-in "
            "links or invitations are asked for, with a salt that goes daily; ten minutes or a day"
        ),
        legal_basis=SECURITY,
        retention="rate_day",
        found_by="expires",
        exported="",
        attributes="calls",
    ),
    described(
        SaltItem,
        owner="nobody",
        role="controller",
        purpose="The day's random salt of the flood counts",
        legal_basis=SECURITY,
        retention="rate_salt",
        found_by="expires",
        attributes="salt",
    ),
    described(
        LedgerItem,
        owner="nobody",
        role="processor",
        purpose="Erase again what a restored copy would bring back; holds ids only",
        legal_basis=CUSTOMER,
        retention="ledger",
        found_by="account",
        attributes="kind target at",
    ),
    described(
        DeletionItem,
        owner="nobody",
        role="processor",
        purpose="Delete what the customer chose, to the end; holds ids only",
        legal_basis=CUSTOMER,
        retention="deletion",
        found_by="account",
        attributes="site_id leads conversations before state done total place step lease_until",
    ),
    described(
        PurgeStateItem,
        owner="nobody",
        role="none",
        purpose="How far the purge has come, and whether a run is at it",
        legal_basis="not personal data",
        retention="account",
        found_by="none",
        attributes="finished_day lease_until",
    ),
    described(
        PurgeRunItem,
        owner="nobody",
        role="controller",
        purpose="Evidence of what a run of the purge removed; numbers, nothing about whom",
        legal_basis=LEGAL,
        retention="purge_run",
        found_by="expires",
        attributes="state started_at ended_at counts",
    ),
    described(
        MonthStatisticsItem,
        owner="nobody",
        role="none",
        purpose="How often a path was viewed in a month two years ago; no small number",
        legal_basis="not personal data",
        retention="account",
        found_by="account",
        attributes="paths",
    ),
    described(
        RequestItem,
        owner="visitor",
        role="processor",
        purpose=(
            "Answer what somebody asks about their data, and show how it was answered; for people "
            "at a customer as controller. The address goes when it is closed, an HMAC stays"
        ),
        legal_basis="legal duty: answer people about their data (GDPR art. 12)",
        retention="request",
        found_by="account",
        exported=(
            "right state received_at due contact verified_at extension decision closed_at receipt"
        ),
        attributes=(
            "version person language legal requester site_id reopens events asked_at codes method "
            "proposal decided_by earlier cooling_until handled told is_clean reminded answers"
        ),
    ),
    described(
        RequestRefItem,
        owner="nobody",
        role="processor",
        purpose="Find who answers a request; holds ids only",
        legal_basis="legal duty: answer people about their data (GDPR art. 12)",
        retention="request",
        found_by="expires",
        attributes="account_id",
    ),
    described(
        RequestCodeItem,
        owner="nobody",
        role="processor",
        purpose="Know whether a request comes from the person; holds a keyed hash of a code",
        legal_basis="legal duty: answer people about their data (GDPR art. 12)",
        retention="request_code",
        found_by="expires",
        attributes="hash tries",
    ),
    described(
        RequestMailItem,
        owner="visitor",
        role="processor",
        purpose=(
            "Send whoever asked about their data a code or an answer; the answer's row is the one "
            "place that still knows the address of a closed request, until it was sent"
        ),
        legal_basis="legal duty: answer people about their data (GDPR art. 12)",
        retention="mail",
        found_by="expires",
        exported="",
        attributes="kind account_id request_id address answer sent_to",
    ),
    described(
        ErasureItem,
        owner="nobody",
        role="processor",
        purpose="Erase a conversation that its visitor deleted, to the end; holds ids only",
        legal_basis=CUSTOMER,
        retention="deletion",
        found_by="conversation",
        attributes="account_id",
    ),
    Entry(
        kind=VIEW_COUNTER,
        owner="nobody",
        role="none",
        purpose="How often a page was viewed on a day; a number, nothing about who viewed it",
        legal_basis="not personal data",
        retention="view_counter",
        found_by="none",
        attributes=KEYS | {COUNTER},
    ),
)
