"""Which hosts our own code may send data to: the sub-processors in force, nobody else (P05)."""

from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

from leadlayer.core.clock import Clock
from leadlayer.core.policy import SubProcessor, policy
from leadlayer.core.settings import Settings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "host.docker.internal"})


class EgressDenied(Exception):
    """Raised before a byte leaves. Names no host: the text may end in a log."""


def guard(settings: Settings, *, clock: Clock) -> Callable[[str], None]:
    """The check that a deployment's outgoing requests pass: who it says receives data, and now."""

    def check_url(url: str) -> None:
        allowed = policy().sub_processors_for(settings.model_provider)
        check(url, sub_processors=allowed, now=clock(), local=settings.is_local)

    return check_url


def check(
    url: str, *, sub_processors: tuple[SubProcessor, ...], now: datetime, local: bool = False
) -> None:
    """Refuse a URL whose host no sub-processor in force has. `local` allows loopback stand-ins."""
    parts = _split(url)
    host = (parts.hostname or "").lower()
    if local and host in _LOOPBACK:
        return
    if parts.scheme == "https" and any(
        fnmatchcase(host, pattern)
        for entry in sub_processors
        if entry.effective_at <= now
        for pattern in entry.hosts
    ):
        return
    raise EgressDenied


def _split(url: str) -> SplitResult:
    """Refuses what readers of URLs disagree about: in `https://a\\@b/` urllib sees host b, while
    urllib3 and browsers (WHATWG URL, host parsing) see host a and would connect to it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise EgressDenied from None
    if "\\" in url or "@" in parts.netloc or not url.isprintable():
        raise EgressDenied
    return parts
