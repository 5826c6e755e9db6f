"""The catalogue of rows that keep the service working: mails, retries, limits, counts."""

from leadlayer.core.idempotency import IdempotencyItem
from leadlayer.core.rate_limit import RateItem, SaltItem
from leadlayer.mail.store import MailItem
from leadlayer.privacy.entry import CONTRACT, CUSTOMER, KEYS, SECURITY, Entry, described
from leadlayer.views.model import COUNTER
from leadlayer.views.model import KIND as VIEW_COUNTER

SERVICE: tuple[Entry, ...] = (
    described(
        MailItem,
        owner="nobody",
        role="controller",
        purpose="Tell a customer's people that there is a lead; holds ids only",
        legal_basis=CONTRACT,
        retention="mail",
        found_by="lead",
        attributes="kind account_id site_id lead_id sent_to",
    ),
    described(
        IdempotencyItem,
        owner="nobody",
        role="processor",
        purpose="Answer a retried request once; holds HMACs and ids",
        legal_basis=CUSTOMER,
        retention="idempotency",
        found_by="expires",
        attributes="body result state lease_until",
    ),
    described(
        RateItem,
        owner="visitor",
        role="controller",
        purpose="Slow down floods; a count under an HMAC of a network, with a salt that goes daily",
        legal_basis=SECURITY,
        retention="rate_window",
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
