"""Rows that the contract tests write: one kind with one counter, and a plain way to put them."""

from pynamodb.attributes import NumberAttribute

from leadlayer.core.table import Item, Put, Table

PK = "NOTES#1"
INDEX = "NOTES"


class NoteItem(Item):
    KIND = "note"
    amount = NumberAttribute(null=True)


def note(sk: str, *, expires_at: int | None = None, amount: int = 0) -> NoteItem:
    """Also listed in the index, in the order of its sort key."""
    return NoteItem(PK, sk, expires_at=expires_at, amount=amount, gsi1pk=INDEX, gsi1sk=sk)


def fill(table: Table, *items: NoteItem) -> None:
    for item in items:
        table.write(Put(item))
