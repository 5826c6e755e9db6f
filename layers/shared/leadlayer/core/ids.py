"""New identifiers: ULIDs, which sort by the time they were made."""

import secrets
from collections.abc import Callable
from datetime import datetime

NewId = Callable[[], str]

# Crockford's base 32, as in the ULID specification (github.com/ulid/spec).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(moment: datetime) -> str:
    """26 characters that sort by millisecond; 80 of the 128 bits are random. Raises ValueError for
    a moment before 1970, which would sort after all others."""
    milliseconds = int(moment.timestamp() * 1000)
    if milliseconds < 0:
        message = "before 1970"
        raise ValueError(message)
    value = (milliseconds << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
