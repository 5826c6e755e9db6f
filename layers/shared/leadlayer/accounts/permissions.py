"""Who may do what at a customer (P18): one table, deny by default, and nothing else decides it."""

from collections.abc import Mapping
from typing import Literal

from leadlayer.accounts.model import Role

# `masked`: without contact details. `rounded`: small counts are not shown. `recent`: only shortly
# after signing in. `not_owners`: owners are out of reach.
Grant = Literal["yes", "masked", "rounded", "recent", "not_owners"]
Action = Literal[
    "account.read",
    "account.change",
    "account.terminate",
    "self",
    "sites.read",
    "sites.change",
    "retention.change",
    "leads.read",
    "leads.answer",
    "leads.delete",
    "export",
    "exports.watch",
    "views.read",
    "colleagues.read",
    "people",
    "credentials",
    "notices.read",
    "audit.read",
    "requests.read",
    "requests.handle",
    "requests.deny",
]

_EVERYBODY: dict[Role, Grant] = {
    "owner": "yes",
    "admin": "yes",
    "agent": "yes",
    "viewer": "yes",
    "privacy_officer": "yes",
}
_OWNER_AND_ADMIN: dict[Role, Grant] = {"owner": "yes", "admin": "yes"}

MATRIX: Mapping[Action, Mapping[Role, Grant]] = {
    "account.read": _EVERYBODY,
    "account.change": _OWNER_AND_ADMIN,
    "account.terminate": {"owner": "recent"},
    # One's own sessions and language.
    "self": _EVERYBODY,
    "sites.read": _EVERYBODY,
    "sites.change": _OWNER_AND_ADMIN,
    "retention.change": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
    # A privacy officer reads leads inside a request only, so not here.
    "leads.read": {"owner": "yes", "admin": "yes", "agent": "yes", "viewer": "masked"},
    "leads.answer": {"owner": "yes", "admin": "yes", "agent": "yes"},
    "leads.delete": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
    "export": {"owner": "recent", "admin": "recent", "privacy_officer": "recent"},
    # How far an export is, and taking one back: nothing leaves by it.
    "exports.watch": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
    "views.read": {
        "owner": "yes",
        "admin": "yes",
        "agent": "rounded",
        "viewer": "rounded",
        "privacy_officer": "rounded",
    },
    # Names, to give work to somebody.
    "colleagues.read": {"owner": "yes", "admin": "yes", "agent": "yes"},
    "people": {"owner": "yes", "admin": "not_owners"},
    "credentials": _OWNER_AND_ADMIN,
    "notices.read": _EVERYBODY,
    "audit.read": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
    # With it, the data of the one person who asks, once it is known who that is.
    "requests.read": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
    "requests.handle": {"owner": "yes", "privacy_officer": "yes"},
    # The request itself asks for a second person.
    "requests.deny": {"owner": "yes", "privacy_officer": "yes"},
}

# For people alone: a program has no self, and makes nobody who may do anything.
PEOPLE_ONLY: frozenset[Action] = frozenset({"self", "people", "credentials"})

# What a terminated account still can do until it is purged: look, take its data along, clean up,
# come back (P06), and answer people, whose terms go on.
AFTER_TERMINATION: frozenset[Action] = frozenset(
    {
        "account.read",
        "account.terminate",
        "self",
        "sites.read",
        "leads.read",
        "leads.delete",
        "export",
        "exports.watch",
        "views.read",
        "notices.read",
        "audit.read",
        "requests.read",
        "requests.handle",
        "requests.deny",
    }
)


def grant(role: Role, action: Action) -> Grant | None:
    """How far a role may go; None for not at all."""
    return MATRIX[action].get(role)
