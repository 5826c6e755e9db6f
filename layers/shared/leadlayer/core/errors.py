"""What a caller is told when something is refused: RFC 9457 problem details with a stable code."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):  # RFC 9457's own word for it
    """A refusal with a public title. Never carries a value of the request or of an exception.
    `about` is the id of what it is about."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        about: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.errors = errors
        self.about = about
        self.retry_after_s = retry_after_s

    def body(self) -> str:
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.errors:
            document["errors"] = list(self.errors)
        if self.about:
            document["id"] = self.about
        return json.dumps(document)

    def headers(self) -> dict[str, str]:
        extra = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return {"Cache-Control": "no-store"} | extra


def unknown_site() -> Problem:
    return Problem(404, "unknown_site", "No site with this id.")


def origin_not_allowed() -> Problem:
    return Problem(403, "origin_not_allowed", "This website is not one of the site's origins.")


def site_not_collecting() -> Problem:
    return Problem(
        403, "site_not_collecting", "The site has no privacy notice yet, so nothing is collected."
    )


def not_found() -> Problem:
    return Problem(404, "not_found", "Nothing here.")


def internal() -> Problem:
    return Problem(500, "internal", "Something went wrong on our side.")


def malformed() -> Problem:
    return Problem(400, "malformed_json", "The body is not well-formed JSON in UTF-8.")


def last_owner() -> Problem:
    return Problem(409, "last_owner", "An account keeps at least one owner who has signed in.")


def limit_reached() -> Problem:
    return Problem(409, "limit_reached", "There can be no more of these.")


def already_created(made_id: str) -> Problem:
    """For what is shown once: a retry is told which one it made, and can remove it."""
    return Problem(409, "already_created", "This was made, and shown once.", about=made_id)


def unavailable() -> Problem:
    return Problem(503, "unavailable", "Try again in a moment.", retry_after_s=1)
