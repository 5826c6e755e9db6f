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
