"""What goes into an export of an account: rows and attributes as the catalogue describes them.

Read page by page and never held: an export of any size takes the same memory. What has expired is
not read, here as anywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadlayer.core import keys
from leadlayer.core.clock import Clock, add_months, epoch
from leadlayer.core.policy import retention
from leadlayer.core.table import Item, Page, Table
from leadlayer.exports.archive import Row, Sheet
from leadlayer.privacy.catalogue import entry
from leadlayer.privacy.entry import KEYS
from leadlayer.sites.store import SiteStore
from leadlayer.views.report import daily
from leadlayer.views.rows import MonthlyViewStore

# Few enough that a page of the longest rows is small, many enough that the way there is not most
# of the time.
_PAGE = 200
# Of no use to whom the account belongs.
_LEFT_OUT = KEYS | {"account_id", "revision", "people", "purge_at", "promote_at"}
# Who of the account's people is on it: theirs to know, and not the visitor's, whose the rest is.
_STAFF = frozenset({"assigned_to", "taken_by", "author"})

# The digits of a ULID; its first ten are the millisecond.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_Rows = Iterator[tuple[Row, float]]
_PkOf = Callable[[str], str]


def account_sheets(account_id: str, *, table: Table, clock: Clock) -> list[Sheet]:
    """Everything of an account as tables; little is read before their rows are asked for."""
    sites = tuple(site.id for site in SiteStore(table).of_account(account_id))
    read = _Reader(table, sites, clock())
    own = keys.account(account_id)
    return [
        _sheet("account", "account", read.rows("account", own, "PROFILE"), is_single=True),
        _sheet("members", "member", read.rows("member", own, "MEMBER#")),
        _sheet("sites", "site", read.settings()),
        _sheet("consent_texts", "consent_text", read.of_sites("consent_text", keys.site)),
        _sheet("leads", "lead", read.of_sites("lead", keys.leads)),
        _sheet("lead_notes", "lead_note", read.of_sites("lead_note", keys.leads)),
        _sheet("conversations", "conversation", read.conversations(), parts="message"),
        Sheet("views", ("site", "day", "path", "views"), read.views()),
        _sheet("audit", "audit_entry", read.rows("audit_entry", keys.audit(account_id), "")),
    ]


@dataclass(frozen=True)
class _Place:
    """How sort keys of a kind begin, and what the ids in them are called."""

    prefix: str
    ids: tuple[str, ...] = ("id",)


_OF_SITES = {
    "consent_text": _Place(keys.consent_text("")),
    "lead": _Place(keys.lead("")),
    "lead_note": _Place("NOTE#", ("lead", "id")),
}


@dataclass(frozen=True)
class _Reader:
    """Each method reads one table, row by row, and says how far into it each row is."""

    table: Table
    sites: tuple[str, ...]
    now: datetime

    def rows(self, kind: str, pk: str, prefix: str) -> _Rows:
        """Rows of one partition. One that has no id of its own has its partition's."""
        for item in self._items(kind, pk, prefix):
            named = item.sk.removeprefix(prefix) or item.pk.partition("#")[2]
            yield {"id": named} | _values(item, kind), 0

    def settings(self) -> _Rows:
        for site_id in self.sites:
            yield from self.rows("site", keys.site(site_id), "PROFILE")

    def of_sites(self, kind: str, pk_of: _PkOf) -> _Rows:
        place = _OF_SITES[kind]
        for number, site_id in enumerate(self.sites):
            far = _Far(self.now, number, len(self.sites))
            for item in self._items(kind, pk_of(site_id), place.prefix):
                ids = item.sk.removeprefix(place.prefix).split("#")
                named = dict(zip(place.ids, ids, strict=True))
                yield {"site": site_id} | named | _values(item, kind), far(ids[0])

    def conversations(self) -> _Rows:
        """The index may still list one that was deleted this second, so a conversation counts only
        while its messages are there, and it never is without one."""
        for number, site_id in enumerate(self.sites):
            far = _Far(self.now, number, len(self.sites))
            for item in self._listed("conversation", keys.conversations(site_id)):
                messages = [row for row, _ in self.rows("message", item.pk, keys.message(""))]
                if messages:
                    own = {"site": site_id, "id": item.gsi1sk} | _values(item, "conversation")
                    yield own | {"messages": messages}, far(item.gsi1sk)

    def views(self) -> _Rows:
        views = MonthlyViewStore(self.table)
        months = _months(self.now)
        steps = [(site_id, month) for site_id in self.sites for month in months]
        for number, (site_id, month) in enumerate(steps):
            for day, path, count in daily(site_id, month, views=views, now=self.now):
                row = {"site": site_id, "day": f"{month}-{day}", "path": path, "views": count}
                yield row, number / len(steps)

    def _items(self, kind: str, pk: str, prefix: str) -> Iterator[Item]:
        model = _model(kind)
        return self._paged(
            kind,
            lambda after: self.table.query(model, pk, prefix=prefix, limit=_PAGE, after=after),
        )

    def _listed(self, kind: str, gsi1pk: str) -> Iterator[Item]:
        model = _model(kind)
        return self._paged(
            kind, lambda after: self.table.query_index(model, gsi1pk, limit=_PAGE, after=after)
        )

    def _paged(self, kind: str, read: Callable[[Any], Page[Item]]) -> Iterator[Item]:
        after = None
        while True:
            page = read(after)
            # A partition may hold rows of several kinds.
            yield from (item for item in page.items if item.type == kind)
            after = page.next
            if after is None:
                return


class _Far:
    """How far into all sites a row is. Ids sort by the time they were made, so between the first
    one and now they tell it without counting."""

    def __init__(self, now: datetime, site: int, sites: int) -> None:
        self._now = epoch(now)
        self._site = site
        self._sites = sites
        self._first: float | None = None

    def __call__(self, item_id: str) -> float:
        at = _made_at(item_id)
        if self._first is None:
            self._first = at
        span = self._now - self._first
        within = (at - self._first) / span if span > 0 else 0
        return (self._site + min(1, max(0, within))) / self._sites


def _made_at(item_id: str) -> float:
    """Seconds since 1970, of an id that is a ULID; of any other some number."""
    made = 0
    for character in item_id[:10]:
        made = made * 32 + max(0, _DIGITS.find(character))
    return made / 1000


def _sheet(name: str, kind: str, rows: _Rows, *, parts: str = "", is_single: bool = False) -> Sheet:
    ids = ("site", *_OF_SITES[kind].ids) if kind in _OF_SITES else ("id",)
    if kind == "conversation":
        ids = ("site", "id")
    return Sheet(
        name,
        (*ids, *_shown(kind)),
        rows,
        parts=parts and f"{parts}s",
        part_columns=("id", *_shown(parts)) if parts else (),
        is_single=is_single,
    )


def _shown(kind: str) -> tuple[str, ...]:
    """What is exported of a row: of a person's what is theirs, of any other all but its keys."""
    described = entry(kind)
    own = described.exported or described.attributes - _LEFT_OUT
    return tuple(sorted(own | (described.attributes & _STAFF)))


def _values(item: Item, kind: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _shown(kind)}


def _model(kind: str) -> type[Item]:
    model = entry(kind).model
    if model is None:
        message = f"rows of the type {kind} are not read as items"
        raise TypeError(message)
    return model


def _months(now: datetime) -> list[str]:
    """The months of which counters may still be there, oldest first."""
    first = now.replace(day=1)
    kept = retention("view_counter").months
    return [add_months(first, -back).strftime("%Y-%m") for back in range(kept, -1, -1)]
