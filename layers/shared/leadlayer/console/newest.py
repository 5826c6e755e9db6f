"""The newest of several sites as one list, whatever is filtered out: decides how much is read.

Each site's rows come newest first. A request reads a bounded number of pages; when they are used
up before the list is full, it ends with a cursor, as any page does.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Protocol

from leadlayer.core.ids import ulid

_PAGE = 50
# Beyond the first page of each site.
_MORE_PAGES = 9


class Dated(Protocol):
    """Anything with an id that sorts by when it was made."""

    @property
    def id(self) -> str: ...


# The newest of a site with an id between two others (both included), at most so many.
type Read[D] = Callable[[str, tuple[str, str], int], Sequence[D]]


def ids_between(day: date | None, cursor: str | None) -> tuple[str, str]:
    """The ids of a UTC day, or all; below the cursor, where a page before this one ended."""
    # "!" sorts before and "~" after every character of an id, whose first ten are the time.
    low, high = "!", "~"
    if day is not None:
        low = ulid(datetime.combine(day, time.min, UTC))[:10]
        high = ulid(datetime.combine(day, time.max, UTC))[:10] + "~"
    return _below(cursor, (low, high)) if cursor else (low, high)


def _below(last: str, ids: tuple[str, str]) -> tuple[str, str]:
    """Without that one and all that are newer."""
    return ids[0], min(ids[1], f"{last[:-1]}{chr(ord(last[-1]) - 1)}~")


def newest[D: Dated](
    sites: Sequence[str],
    ids: tuple[str, str],
    *,
    read: Read[D],
    is_wanted: Callable[[D], bool],
    limit: int,
) -> tuple[list[D], str | None]:
    """A page of at most `limit`, and the id where it ended; None when there is nothing more."""
    page = max(_PAGE, limit + 1)
    sources = [_Source(site, ids, read, page) for site in sites]
    wanted: list[D] = []
    seen: str | None = None
    more_pages = _MORE_PAGES
    while source := _newest_source(sources):
        if len(wanted) == limit:
            return wanted, seen
        row = source.rows.popleft()
        seen = row.id
        if is_wanted(row):
            wanted.append(row)
        if not source.rows and not source.is_at_end:
            if not more_pages:
                return wanted, seen
            source.read_on()
            more_pages -= 1
    return wanted, None


class _Source[D: Dated]:
    """One site's rows, a page at a time."""

    def __init__(self, site: str, ids: tuple[str, str], read: Read[D], page: int) -> None:
        self._site = site
        self._ids = ids
        self._read = read
        self._page = page
        self.rows: deque[D] = deque()
        self.is_at_end = False
        self.read_on()

    def read_on(self) -> None:
        low, high = self._ids
        found = self._read(self._site, (low, high), self._page) if low <= high else ()
        self.rows.extend(found)
        self.is_at_end = len(found) < self._page
        if found:
            self._ids = _below(found[-1].id, self._ids)


def _newest_source[D: Dated](sources: Sequence[_Source[D]]) -> _Source[D] | None:
    filled = [source for source in sources if source.rows]
    return max(filled, key=lambda source: source.rows[0].id, default=None)
