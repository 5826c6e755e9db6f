"""Who may do what, as it was promised: a copy of its own, against which the matrix is held."""

from collections.abc import Mapping
from typing import Any

from tests.console_calls import ROLES

# The table of the specification; what is not built yet is left out.
PROMISED = """
read leads and conversations      | yes | yes | yes | masked | inside a request
answer a visitor, edit a lead     | yes | yes | yes | no | no
delete a lead or conversation     | yes | yes | no | no | yes
change retention (only shorter)   | yes | yes | no | no | yes
export everything                 | yes, recent | yes, recent | no | no | yes, recent
sites, widget, pixel, AI settings | yes | yes | no | no | no
API keys, webhooks, integrations  | yes | yes | no | no | no
people and roles                  | yes | yes, not owners | no | no | no
billing, terminate the account    | yes, recent | no | no | no | no
audit log                         | yes | yes | no | no | yes
answer what people request        | yes | see | no | no | yes
deny what people request          | by two | no | no | no | by two
page-view totals                  | yes | yes | yes | yes | yes
"""
ACTION_OF = {
    "read leads and conversations": "leads.read",
    "answer a visitor, edit a lead": "leads.answer",
    "delete a lead or conversation": "leads.delete",
    "change retention (only shorter)": "retention.change",
    "export everything": "export",
    "sites, widget, pixel, AI settings": "sites.change",
    "API keys, webhooks, integrations": "credentials",
    "people and roles": "people",
    "billing, terminate the account": "account.terminate",
    "audit log": "audit.read",
    "answer what people request": "requests.handle",
    "deny what people request": "requests.deny",
    "page-view totals": "views.read",
}
GRANT_OF = {
    "yes": "yes",
    "yes, recent": "recent",
    "yes, not owners": "not_owners",
    "masked": "masked",
    "no": None,
    # Requests are a part of their own; outside of one there is nothing to read.
    "inside a request": None,
    # To see them is an action of its own.
    "see": None,
    # The state machine asks for the second one.
    "by two": "yes",
}
# What the table takes for granted: who works here sees the account, its notices, its sites' names.
EVERYBODY = dict.fromkeys(ROLES, "yes")
BESIDE = {
    "account.read": EVERYBODY,
    "self": EVERYBODY,
    "sites.read": EVERYBODY,
    "notices.read": EVERYBODY,
    "account.change": {"owner": "yes", "admin": "yes"},
    "exports.watch": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
    "colleagues.read": {"owner": "yes", "admin": "yes", "agent": "yes"},
    "requests.read": {"owner": "yes", "admin": "yes", "privacy_officer": "yes"},
}
# Small counts of views are only shown to who runs the sites.
ROUNDED = {("views.read", role) for role in ("agent", "viewer", "privacy_officer")}
# What a terminated account can still do (P06).
STILL = {
    "account.read", "account.terminate", "self", "sites.read", "leads.read", "leads.delete",
    "export", "exports.watch", "views.read", "notices.read", "audit.read",
    # People have to be answered meanwhile.
    "requests.read", "requests.handle", "requests.deny",
}  # fmt: skip
REFUSALS = {"forbidden", "recent_sign_in_required", "account_terminated", "unauthorized"}


def promised() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {
        action: {str(role): grant for role, grant in roles.items()}
        for action, roles in BESIDE.items()
    }
    for line in PROMISED.strip().splitlines():
        name, *cells = (cell.strip() for cell in line.split("|"))
        action = ACTION_OF[name]
        grants = zip(ROLES, (GRANT_OF[cell] for cell in cells), strict=True)
        found[action] = {
            role: "rounded" if (action, role) in ROUNDED else grant
            for role, grant in grants
            if grant is not None
        }
    return found


def differences(matrix: Mapping[Any, Mapping[Any, Any]]) -> list[tuple[str, str]]:
    """The cells that are not as promised."""
    wanted = promised()
    return [
        (action, role)
        for action in sorted({*matrix, *wanted})
        for role in ROLES
        if matrix.get(action, {}).get(role) != wanted.get(action, {}).get(role)
    ]
