"""What every kind of row is; the sum of what the entries modules say about visitors, customers and
the service itself.

The suite is red when a row type or attribute is written that is not described here (P02).
"""

from leadlayer.privacy.entries_customers import CUSTOMERS
from leadlayer.privacy.entries_service import SERVICE
from leadlayer.privacy.entries_visitors import VISITORS
from leadlayer.privacy.entry import Entry

ENTRIES: tuple[Entry, ...] = (*VISITORS, *CUSTOMERS, *SERVICE)


def entry(kind: str) -> Entry:
    """Raises KeyError for a type that is not described."""
    return {known.kind: known for known in ENTRIES}[kind]
