"""New identifiers: time-ordered ULIDs for items, random tokens for secrets."""

import secrets
from collections.abc import Callable
from datetime import datetime

NewId = Callable[[], str]

# Crockford's base 32, as in the ULID specification (github.com/ulid/spec).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26


def ulid(moment: datetime) -> str:
    """26 characters that sort by millisecond; 80 of the 128 bits are random."""
    value = (int(moment.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    return len(text) == ULID_LENGTH and all(character in _ALPHABET for character in text)


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)
