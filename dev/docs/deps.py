"""Collaborators for handlers whose routes are only read, never called."""

from typing import NoReturn

from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.web import handler as web
from leadlayer.chat.anthropic_client import AnthropicModel
from leadlayer.core.clock import utc_now
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table
from leadlayer.sites.store import SiteStore

_SETTINGS = Settings("local", "none")
_TABLE = Table(clock=utc_now)
SITES = SiteStore(_TABLE)


def web_deps() -> web.Deps:
    return web.Deps(_SETTINGS, _TABLE, utc_now, lambda _: b"")


def leads_deps() -> leads.Deps:
    return leads.Deps(_SETTINGS, _TABLE, utc_now, _never)


def chat_deps() -> chat.Deps:
    return chat.Deps(_SETTINGS, _TABLE, utc_now, AnthropicModel(_never, clock=utc_now), _never)


def _never() -> NoReturn:
    message = "the routes are read, not called"
    raise AssertionError(message)
