"""The index of people: under an HMAC of an address or number stands where their data is.

Rows of their own instead of an index attribute, because one person can be known by several
identifiers, and because they are written in the transaction of what they point to.
"""

from leadlayer.core import keys
from leadlayer.core.table import Item


class SubjectRefItem(Item):
    """Its key is all it holds: whose (pk) and where (sk)."""

    KIND = "subject_ref"


def subject_ref(account_id: str, subject: str, place: str, *, expires_at: int) -> SubjectRefItem:
    return SubjectRefItem(keys.subject(account_id, subject), place, expires_at=expires_at)
