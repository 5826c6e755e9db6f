"""Reads rows to be removed page by page, expired or not, and empties whole partitions."""

from collections.abc import Iterator

from leadlayer.core.table import Item, Table

# A page is what is deleted between two looks at the budget.
_PAGE = 250


def pages[I: Item](
    table: Table, model: type[I], pk: str, *, prefix: str = "", size: int = _PAGE
) -> Iterator[list[I]]:
    """Of a partition."""
    after = None
    while True:
        page = table.query(model, pk, prefix=prefix, limit=size, after=after, expired=True)
        if page.items:
            yield page.items
        if (after := page.next) is None:
            return


def listed[I: Item](
    table: Table, model: type[I], gsi1pk: str, *, size: int = _PAGE
) -> Iterator[list[I]]:
    """Of the index. Whoever removes rows goes on after them: what was removed may still be listed
    for a moment."""
    after = None
    while True:
        page = table.query_index(model, gsi1pk, limit=size, after=after, expired=True)
        if page.items:
            yield page.items
        if (after := page.next) is None:
            return


def emptied(table: Table, pk: str, *, but: str = "") -> Iterator[int]:
    """Removes a partition, or all of it but one row; gives how many rows with each page."""
    for page in pages(table, Item, pk):
        going = [item for item in page if item.sk != but]
        table.delete_all(going)
        yield len(going)
