"""What a retried request was answered before: ids only, 24 hours, key and body as HMACs.

Written in the same transaction as what the request made, which a separate idempotency layer
cannot do: either both are there or neither.
"""

import re

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem
from leadlayer.core.events import MAX_BODY_BYTES, Event, body_text, header
from leadlayer.core.table import Item

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class IdempotencyItem(Item):
    KIND = "idempotency"
    body = UnicodeAttribute()
    result = UnicodeAttribute()
    state = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)


def check_same_body(item: IdempotencyItem, body: str) -> None:
    """Raises Problem 409 when the key was used for something else."""
    if item.body != body:
        raise Problem(
            409, "idempotency_key_reused", "This Idempotency-Key was used with another body."
        )


def retry_of(
    event: Event, *, owner: str, keyring: Keyring, call: str = "", most: int = MAX_BODY_BYTES
) -> tuple[str, str] | None:
    """The HMACs of the request's Idempotency-Key and body, or None without a key.

    `owner` is the site or account that the key counts for; `call` says what was asked for where one
    key could go to several places. Raises Problem 422 for a key that is not 16 to 64 letters,
    digits, `-` or `_`.
    """
    key = header(event, "idempotency-key")
    if key is None:
        return None
    if _KEY.fullmatch(key) is None:
        errors = [{"field": "Idempotency-Key", "reason": "string_pattern_mismatch"}]
        raise Problem(
            422, "invalid_request", "The Idempotency-Key has another form.", errors=errors
        )
    return keyring.idempotency(owner, key), keyring.body(owner, call + body_text(event, most=most))
