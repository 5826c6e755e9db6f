"""The newest of several sites as one list, whatever is filtered out: decides how much is read.

Each site's rows come newest first: a few of each, and more of those that turn out to need it. A
request reads a bounded number of rows; when they are used up before the list is full, it ends with
a cursor, as any page does.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Protocol

from leadlayer.core.ids import ulid

# The most and the fewest of a site at once.
_PAGE = 50
_FIRST_PAGE = 5
# Beyond the first page of each site, in pages of the largest size.
_MORE_PAGES = 9
# Ids count from here, and sort after all others before it.
_FIRST_DAY = date(1970, 1, 1)


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
        if day < _FIRST_DAY:
            return high, low
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
    # One more than fits the answer, to know whether there is more.
    most = max(_PAGE, limit + 1)
    first = min(most, max(_FIRST_PAGE, limit // max(1, len(sites)) + 1))
    sources = [_Source(site, ids, read, (first, most)) for site in sites]
    wanted: list[D] = []
    seen: str | None = None
    more_rows = _MORE_PAGES * most
    while source := _newest_source(sources):
        if len(wanted) == limit:
            return wanted, seen
        row = source.rows.popleft()
        seen = row.id
        if is_wanted(row):
            wanted.append(row)
        if not source.rows and not source.is_at_end:
            if more_rows <= 0:
                return wanted, seen
            more_rows -= source.read_on()
    return wanted, None


class _Source[D: Dated]:
    """One site's rows, a page at a time, each twice as large as the one before up to the most."""

    def __init__(
        self, site: str, ids: tuple[str, str], read: Read[D], pages: tuple[int, int]
    ) -> None:
        self._site = site
        self._ids = ids
        self._read = read
        self._page, self._most = pages
        self.rows: deque[D] = deque()
        self.is_at_end = False
        self.read_on()

    def read_on(self) -> int:
        """Returns how many rows it asked for."""
        (low, high), asked = self._ids, self._page
        found = self._read(self._site, (low, high), asked) if low <= high else ()
        self.rows.extend(found)
        self.is_at_end = len(found) < asked
        self._page = min(2 * asked, self._most)
        if found:
            self._ids = _below(found[-1].id, self._ids)
        return asked


def _newest_source[D: Dated](sources: Sequence[_Source[D]]) -> _Source[D] | None:
    filled = [source for source in sources if source.rows]
    return max(filled, key=lambda source: source.rows[0].id, default=None)
