"""Decides whether a page view counts and under which path; every view is exactly one write."""

from collections.abc import Callable
from typing import Protocol

from leadlayer.core.clock import Clock
from leadlayer.core.paths import scrub_path
from leadlayer.views.model import OTHER, Ping, SiteFacts


class Views(Protocol):
    def site_facts(self, site_id: str) -> SiteFacts | None: ...
    def paths_today(self, site_id: str, *, month: str, day: str) -> set[str]: ...
    def add_one(self, site_id: str, *, month: str, day: str, path: str) -> None: ...


class Counter:
    """Counts pings; remembers in memory which paths a site already has today, so that a view of a
    known path costs no read."""

    def __init__(self, *, views: Views, clock: Clock, most_paths: int) -> None:
        self._views = views
        self._clock = clock
        self._most_paths = most_paths
        self._known: dict[tuple[str, str], set[str]] = {}

    def count(self, ping: Ping) -> str | None:
        """None when it was counted, else the reason why not. Nothing else is ever kept."""
        if ping.opts_out:
            return "opted-out"
        site = self._views.site_facts(ping.site_id)
        if (reason := _refusal(site, ping)) is not None:
            return reason
        today = self._clock()
        month, day = today.strftime("%Y-%m"), today.strftime("%d")
        path = self._path(ping, month=month, day=day)
        self._views.add_one(ping.site_id, month=month, day=day, path=path)
        return None

    def _path(self, ping: Ping, *, month: str, day: str) -> str:
        """The scrubbed path, or `(other)` once the site has its day's number of paths.

        Two functions that see a new path at the same moment may both add it, so a day can end a
        few paths over the number; what is shown and kept is cut again where it is read.
        """
        path = scrub_path(ping.path)
        known = self._known_paths(ping.site_id, f"{month}-{day}")
        # A day's paths only grow: once full, made-up paths must not cost a listing each.
        if path not in known and not self._is_full(known):
            known |= self._views.paths_today(ping.site_id, month=month, day=day)
        if path in known:
            return path
        if self._is_full(known):
            return OTHER
        known.add(path)
        return path

    def _is_full(self, known: set[str]) -> bool:
        return len(known - {OTHER}) >= self._most_paths

    def _known_paths(self, site_id: str, date: str) -> set[str]:
        if (site_id, date) not in self._known:
            self._known = {key: paths for key, paths in self._known.items() if key[1] == date}
        return self._known.setdefault((site_id, date), set())


def _refusal(site: SiteFacts | None, ping: Ping) -> str | None:
    if site is None:
        return "unknown-site"
    refusals: list[tuple[str, Callable[[SiteFacts], bool]]] = [
        ("no-privacy-notice", lambda facts: not facts.is_collecting),
        ("pixel-off", lambda facts: facts.pixel_mode == "off"),
        ("no-consent", lambda facts: facts.pixel_mode == "consent" and not ping.has_consent),
    ]
    return next((reason for reason, applies in refusals if applies(site)), None)
