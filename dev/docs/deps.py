"""Collaborators for handlers whose routes are only read, never called."""

from typing import NoReturn

from functions.chat import handler as chat
from functions.dsar import handler as dsar
from functions.leads import handler as leads
from functions.replies import handler as replies
from functions.sign_in import handler as sign_in
from functions.web import handler as web
from leadlayer.chat.anthropic_client import AnthropicModel
from leadlayer.console.deps import Deps as ConsoleDeps
from leadlayer.core.clock import utc_now
from leadlayer.core.jobs import JobQueue
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table
from leadlayer.core.vault import Vault
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.ledger import Ledger
from leadlayer.sites.store import SiteStore

_SETTINGS = Settings("local", "none")
_TABLE = Table(clock=utc_now)
# Not opened: opening it would look for the table.
_LEDGER = Ledger.__new__(Ledger)
SITES = SiteStore(_TABLE)


def web_deps() -> web.Deps:
    return web.Deps(_SETTINGS, _TABLE, utc_now, lambda _: b"")


def leads_deps() -> leads.Deps:
    return leads.Deps(_SETTINGS, _TABLE, utc_now, _never)


def chat_deps() -> chat.Deps:
    return chat.Deps(
        _SETTINGS,
        _TABLE,
        utc_now,
        AnthropicModel(_never, clock=utc_now),
        _never,
        _LEDGER,
        JobQueue("none", _never),
    )


def sign_in_deps() -> sign_in.Deps:
    return sign_in.Deps(_SETTINGS, _TABLE, utc_now, _never)


def dsar_deps() -> dsar.Deps:
    return dsar.Deps(_SETTINGS, _TABLE, utc_now, _never)


def replies_deps() -> replies.Deps:
    return replies.Deps(_TABLE, utc_now, _never)


def console_deps() -> ConsoleDeps:
    return ConsoleDeps(
        settings=_SETTINGS,
        table=_TABLE,
        clock=utc_now,
        keyring=_never,
        ledger=_LEDGER,
        vault=Vault("none", _never),
        jobs=JobQueue("none", _never),
        files=ExportFiles("none", _never),
    )


def _never() -> NoReturn:
    message = "the routes are read, not called"
    raise AssertionError(message)
