"""Decides whether a caller may do what a route does: the only place where the matrix is asked.

No route can be declared without naming its action, and a request that meets no rule is refused.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from leadlayer.accounts.model import Role
from leadlayer.accounts.permissions import AFTER_TERMINATION, PEOPLE_ONLY, Action, Grant, grant
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.events import Event, method
from leadlayer.core.http import App
from leadlayer.sites.model import Site

# How long a sign-in counts as recent, in seconds.
RECENT_S = 600

# All routes that nobody has to be signed in for: a download's token is its own permission.
OPEN = frozenset({("GET", "/v1/downloads/<token>")})

# What an id in a path may look like. Also what keeps an address out of the audit log.
_SEGMENT = r"[A-Za-z0-9_.~-]{1,128}"


@dataclass(frozen=True)
class Caller:
    """Who calls, as the authorizer found it. `member_id` is empty for an API key and `key_id` for
    a person; `signed_in_at` (epoch seconds) is 0 for a key, so it is never recent."""

    account_id: str
    role: Role
    account_state: str = "active"
    member_id: str = ""
    key_id: str = ""
    session_id: str = ""
    signed_in_at: int = 0

    @property
    def actor(self) -> str:
        """Who it was, for the audit log: an id, never a name."""
        return f"member:{self.member_id}" if self.member_id else f"key:{self.key_id}"


@dataclass(frozen=True)
class Rule:
    method: str
    path: str
    # None: open to everybody.
    action: Action | None
    # Reads and changes of personal data, credentials and people leave an entry in the audit log.
    audited: bool
    # Whatever the matrix grants, only shortly after signing in: for what gives access away.
    recent: bool = False

    @property
    def call(self) -> str:
        """What the route is called in the audit log."""
        return f"{self.method} {self.path}"

    @property
    def signs_out(self) -> bool:
        """Ending sessions of one's own is possible whatever became of the account."""
        return self.action == "self" and self.method == "DELETE"

    def fits(self, method: str, path: str) -> re.Match[str] | None:
        """The ids in a path, if it is this rule's. What cannot be an id fits nothing."""
        if method != self.method:
            return None
        return re.fullmatch(re.sub(r"<(\w+)>", rf"(?P<\1>{_SEGMENT})", self.path), path)


class Routes:
    """Declares routes with Powertools, each with its action."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.rules: list[Rule] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        action: Action,
        audited: bool = True,
        recent: bool = False,
        **options: Any,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """`options` go to Powertools: summary, status_code, responses…"""
        return self._declare(Rule(method, path, action, audited, recent), options)

    def open_route(
        self, method: str, path: str, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route for callers without a session. Raises ValueError for one that is not in OPEN."""
        if (method, path) not in OPEN:
            message = f"{method} {path} is not among the open routes"
            raise ValueError(message)
        return self._declare(Rule(method, path, None, audited=False), options)

    def _declare(
        self, rule: Rule, options: dict[str, Any]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        self.rules.append(rule)
        options.setdefault("tags", ["console"])
        return self.app.route(rule.path, rule.method, middlewares=[self._only_by(rule)], **options)

    def find(self, method: str, path: str) -> tuple[Rule, Mapping[str, str]]:
        """Raises Problem 404 for what no rule knows. Paths without parameters come first, as in
        Powertools."""
        for rule in sorted(self.rules, key=lambda rule: "<" in rule.path):
            if match := rule.fits(method, path):
                return rule, match.groupdict()
        raise not_found()

    def _only_by(self, rule: Rule) -> Callable[[App, Callable[[App], Any]], Any]:
        """Should Powertools ever match another route than we did, that one stays closed."""

        def check(app: App, proceed: Callable[[App], Any]) -> Any:
            if self._known("rule") is not rule:
                raise not_found()
            return proceed(app)

        return check

    def caller(self) -> Caller:
        """Who makes the present request; to be asked inside a route."""
        return self._known("caller")

    def site(self) -> Site:
        """The site that the route's path names; it is the caller's own."""
        return self._known("site")

    def grant(self) -> Grant:
        """How far the caller may go in the present route: `yes`, `masked`, `rounded`…"""
        return self._known("grant")

    def _known(self, name: str) -> Any:
        return self.app.context[name]  # pyright: ignore[reportUnknownVariableType]  # Powertools leaves it untyped


def caller_of(event: Event) -> Caller:
    """What the authorizer said. Raises Problem 401 when it said nothing."""
    said: Mapping[str, Any] = (
        event.get("requestContext", {}).get("authorizer", {}).get("lambda") or {}
    )
    try:
        return Caller(
            account_id=said["account"],
            role=said["role"],
            account_state=said["account_state"],
            member_id=said["member"],
            key_id=said["key"],
            session_id=said["session"],
            signed_in_at=int(said["signed_in_at"]),
        )
    except (KeyError, ValueError):
        raise unauthorized() from None


def admit(caller: Caller, action: Action, *, clock: Clock, recent: bool = False) -> Grant:
    """How far the caller may go; with `recent` only after a recent sign-in, whatever is granted.
    Raises Problem 403, or 409 for a terminated account."""
    given = grant(caller.role, action)
    recent = recent or given == "recent"
    # A key is nobody, and cannot have signed in shortly ago.
    if given is None or (not caller.member_id and (action in PEOPLE_ONLY or recent)):
        raise forbidden()
    if caller.account_state != "active" and action not in AFTER_TERMINATION:
        raise account_terminated()
    if recent and epoch(clock()) - caller.signed_in_at > RECENT_S:
        raise Problem(403, "recent_sign_in_required", "Sign in again to do this.")
    return given


def account_terminated() -> Problem:
    return Problem(409, "account_terminated", "The account is terminated.")


def account_over() -> Problem:
    """The same code, for a page that handles one; the title says that there is no way back."""
    title = "The account is over: it can no longer be exported or come back."
    return Problem(409, "account_terminated", title)


def forbidden() -> Problem:
    return Problem(403, "forbidden", "Your role does not allow this.")


def unauthorized() -> Problem:
    return Problem(401, "unauthorized", "Sign in, or send an API key.")


def method_and_path(event: Event) -> tuple[str, str]:
    return method(event), str(event.get("rawPath", ""))
