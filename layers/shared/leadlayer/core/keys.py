"""Every key of the table. The prefix of `pk` says what a function may touch (IAM leading keys)."""

import re

# What may stand between two `#`: nothing that could be taken for a separator.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def account(account_id: str) -> str:
    return f"ACCOUNT#{account_id}"


def site(site_id: str) -> str:
    return f"SITE#{site_id}"


def leads(site_id: str) -> str:
    return f"LEADS#{site_id}"


def lead(lead_id: str) -> str:
    return f"LEAD#{lead_id}"


def subject(account_id: str, fingerprint: str) -> str:
    """Where everything about one person at one customer is listed; no raw address in the key."""
    return f"SUBJECT#{account_id}#{fingerprint}"


def conversation(site_id: str, conversation_id: str) -> str:
    return f"CONV#{site_id}#{conversation_id}"


def conversations(site_id: str) -> str:
    return f"CONVS#{site_id}"


def message(message_id: str) -> str:
    return f"MSG#{message_id}"


def views(site_id: str, month: str, shard: int = 0) -> str:
    """Shard 0 has no suffix: only a site too busy for one partition has others."""
    return f"VIEWS#{site_id}#{month}" + (f"#{shard}" if shard else "")


def view(day: str, path: str) -> str:
    return f"{day}#{path}"


def usage(site_id: str) -> str:
    return f"USAGE#{site_id}"


def day(date: str) -> str:
    return f"DAY#{date}"


def outbox(mail_id: str) -> str:
    return f"OUTBOX#{mail_id}"


def idempotency(site_id: str, fingerprint: str) -> str:
    return f"IDEMP#{site_id}#{fingerprint}"


def rate(bucket: str) -> str:
    return f"RATE#{bucket}"


def person(fingerprint: str) -> str:
    """Where the memberships of one e-mail address are listed; no raw address in the key."""
    return f"EMAIL#{fingerprint}"


def sign_in_link(token_hash: str) -> str:
    return f"LINK#{token_hash}"


def session(token_hash: str) -> str:
    return f"SESSION#{token_hash}"


def sessions(account_id: str, member_id: str) -> str:
    return f"SESSIONS#{account_id}#{member_id}"


def api_key(token_hash: str) -> str:
    return f"KEY#{token_hash}"


def api_keys(account_id: str) -> str:
    return f"KEYS#{account_id}"


def audit(account_id: str) -> str:
    return f"AUDIT#{account_id}"


def note(lead_id: str, note_id: str = "") -> str:
    """A sort key beside the lead's, in the same partition, so that a list of leads skips notes."""
    return f"NOTE#{lead_id}#{note_id}"


def consent_text(version: str) -> str:
    return f"CONSENT#{version}"


def webhook(webhook_id: str) -> str:
    return f"WEBHOOK#{webhook_id}"


def deliveries(about_id: str) -> str:
    """What customers' webhooks were or will be told about one lead or conversation."""
    return f"DELIVERY#{about_id}"


def delivery_log(webhook_id: str) -> str:
    return f"HOOKLOG#{webhook_id}"


def export(export_id: str) -> str:
    return f"EXPORT#{export_id}"


def deletion(deletion_id: str) -> str:
    return f"DELETION#{deletion_id}"


def erasure(conversation_id: str) -> str:
    """A sort key beside the conversation's own."""
    return f"ERASURE#{conversation_id}"


def download(token_hash: str) -> str:
    return f"DOWNLOAD#{token_hash}"


def notice(notice_id: str) -> str:
    return f"NOTICE#{notice_id}"


def due(date: str) -> str:
    """Of the index of what has to go: everything whose time ends on a day (UTC)."""
    return f"DUE#{date}"


def purge() -> str:
    return "PURGE"


def run(run_id: str) -> str:
    return f"RUN#{run_id}"


def statistics(site_id: str) -> str:
    return f"STATS#{site_id}"


def requests(account_id: str) -> str:
    """What people ask about their data, at whoever has to answer them."""
    return f"REQUESTS#{account_id}"


def request(request_id: str) -> str:
    return f"REQUEST#{request_id}"
