"""The catalogue of what is kept about customers and their people."""

from leadlayer.accounts.keys_store import ApiKeyItem
from leadlayer.accounts.links import LinkItem
from leadlayer.accounts.sessions import SessionItem
from leadlayer.accounts.store import AccountItem, MemberItem, PersonRefItem
from leadlayer.audit.store import AuditEntryItem, AuditHeadItem
from leadlayer.chat.budget import UsageItem
from leadlayer.exports.downloads import DownloadItem
from leadlayer.exports.store import ExportItem, ExportSlotItem
from leadlayer.notices.store import NoticeItem
from leadlayer.privacy.entry import CONTRACT, SECURITY, Entry, described
from leadlayer.sites.store import ConsentTextItem, SiteItem
from leadlayer.webhooks.store import WebhookItem

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
            "knowledge lead_fields consent pixel_mode model limits retention_months state revision "
            "promote_at"
        ),
    ),
    described(
        ConsentTextItem,
        owner="customer",
        role="controller",
        purpose="Which consent texts a site has shown, so that a lead's evidence can be read later",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        attributes="texts since",
    ),
    described(
        ExportItem,
        owner="customer",
        role="controller",
        purpose="An export of all of an account: who asked, how far it is; the file is apart",
        legal_basis=CONTRACT,
        retention="export",
        found_by="account",
        attributes="member_id format state progress bytes tries lease_until created_at",
    ),
    described(
        ExportSlotItem,
        owner="nobody",
        role="controller",
        purpose="Let one export of an account be made at a time",
        legal_basis=CONTRACT,
        retention="export",
        found_by="account",
        attributes="export_id",
    ),
    described(
        DownloadItem,
        owner="nobody",
        role="controller",
        purpose="Let one download of an export begin; holds a hash of the link's token",
        legal_basis=CONTRACT,
        retention="download",
        found_by="expires",
        attributes="account_id export_id",
    ),
    described(
        AccountItem,
        owner="customer",
        role="controller",
        purpose="Who the customer is",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        attributes="name state terminated_at purge_at people",
    ),
    described(
        MemberItem,
        owner="member",
        role="controller",
        purpose="Who may sign in for a customer and is told of new leads",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        exported="email name role language state",
        attributes="session_epoch person",
    ),
    described(
        PersonRefItem,
        owner="member",
        role="controller",
        purpose="Find the accounts of whoever signs in; holds an HMAC of an address",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
    ),
    described(
        LinkItem,
        owner="member",
        role="controller",
        purpose="Let one browser sign in once; holds an HMAC of an address, a sign-up the address",
        legal_basis=CONTRACT,
        retention="sign_in_link",
        found_by="expires",
        exported="email account_name language",
        attributes="kind person challenge",
    ),
    described(
        SessionItem,
        owner="member",
        role="controller",
        purpose="Know who is signed in; holds a hash of the session's token",
        legal_basis=CONTRACT,
        retention="session",
        found_by="account",
        exported="signed_in_at",
        attributes="account_id member_id epoch",
    ),
    described(
        ApiKeyItem,
        owner="customer",
        role="controller",
        purpose="Let a customer's programs in; holds a hash of the key, and ends when they said",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        attributes="account_id name role prefix created_at last_used_day",
    ),
    described(
        AuditEntryItem,
        owner="member",
        role="controller",
        purpose="Show what was done with an account's data, by whom and when; holds ids, no values",
        legal_basis=SECURITY,
        retention="audit",
        found_by="account",
        exported="at actor role action call target outcome",
        attributes="previous previous_at hash",
    ),
    described(
        AuditHeadItem,
        owner="nobody",
        role="controller",
        purpose="Where the chain of an account's audit log ends",
        legal_basis=SECURITY,
        retention="account",
        found_by="account",
        attributes="seq hash at",
    ),
    described(
        NoticeItem,
        owner="member",
        role="controller",
        purpose="Tell an account's people something, and know since when each of them has seen it",
        legal_basis=CONTRACT,
        retention="notice",
        found_by="account",
        exported="kind created_at shown",
    ),
    described(
        WebhookItem,
        owner="customer",
        role="controller",
        purpose="Where a customer wants to be told of events; its secrets are sealed by KMS",
        legal_basis=CONTRACT,
        retention="account",
        found_by="account",
        attributes=("url events state created_at secret previous failing_since slow"),
    ),
)
