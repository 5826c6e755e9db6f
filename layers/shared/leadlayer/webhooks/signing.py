"""Signatures of the Standard Webhooks specification (standardwebhooks.com, spec 1.0.0)."""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from leadlayer.core.clock import epoch

_PREFIX = "whsec_"
# How far a receiver's clock may be off before a message counts as replayed.
TOLERANCE_S = 300


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(
    message_id: str, body: bytes, *, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers by which a receiver knows that we sent this. Each secret signs: while one takes
    the place of another, a receiver may still have either."""
    timestamp = str(epoch(now))
    signatures = [_signature(secret, message_id, timestamp, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> bool:
    """What a receiver checks: that the body came from us, as it is, and just now."""
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not timestamp.isdecimal() or abs(epoch(now) - int(timestamp)) > TOLERANCE_S:
        return False
    expected = _signature(secret, message_id, timestamp, body)
    return any(
        hmac.compare_digest(expected.encode(), given.encode())
        for given in headers["webhook-signature"].split(" ")
    )


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
