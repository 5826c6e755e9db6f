"""The catalogue of what is kept about customers and their people."""

from leadlayer.accounts.store import AccountItem, MemberItem
from leadlayer.chat.budget import UsageItem
from leadlayer.privacy.entry import CONTRACT, Entry, described
from leadlayer.sites.store import SiteItem

CUSTOMERS: tuple[Entry, ...] = (
    described(
        UsageItem,
        owner="customer",
        role="controller",
        purpose="Turns and tokens that a site used in a day",
        legal_basis=CONTRACT,
        retention="usage",
        found_by="account",
        attributes="turns tokens",
    ),
    described(
        SiteItem,
        owner="customer",
        role="controller",
        purpose="How a customer's widget looks, answers and collects",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        attributes=(
            "account_id name origins privacy_notice_url language languages country greetings "
            "knowledge lead_fields consent pixel_mode model limits retention_months state"
        ),
    ),
    described(
        AccountItem,
        owner="customer",
        role="controller",
        purpose="Who the customer is",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        attributes="name state",
    ),
    described(
        MemberItem,
        owner="member",
        role="controller",
        purpose="Who may sign in for a customer and is told of new leads",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        exported="email role language",
    ),
)
