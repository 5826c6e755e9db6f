"""The only way to log: named events with an allow-list of keys, never a text of a request.

Plain json and logging instead of a logging library, because an allow-list is the point: there is
no call that takes a message, an exception or a body (privacy policy, P25).
"""

import json
import logging
import sys
from types import TracebackType

from leadlayer.core.clock import iso, utc_now

# A key is added here only when its values cannot hold anything of a visitor or customer.
ALLOWED = frozenset(
    {
        "event", "level", "code", "site", "lead", "conversation", "mail", "attempt", "error_type",
        "where", "logger", "delivery", "job", "request",
    }
)  # fmt: skip


class NotLoggable(Exception):
    """A key outside the allow-list was passed: a programming error, found by the tests."""


def event(name: str, *, level: str = "info", **fields: str | float | None) -> None:
    if unknown := fields.keys() - ALLOWED:
        raise NotLoggable(", ".join(sorted(unknown)))
    # Lambda takes a line's level only from a line that has a time too (developer guide, "JSON log
    # format").
    record = {"timestamp": iso(utc_now()), "event": name, "level": level}
    record |= {key: value for key, value in fields.items() if value is not None}
    # stdout of a function is its log; looked up late, so that tests can capture it.
    sys.stdout.write(json.dumps(record) + "\n")


def failure(name: str, error: BaseException, **fields: str | float) -> None:
    """An exception as its type and place in our code; its text may quote the request."""
    event(
        name,
        level="error",
        error_type=type(error).__name__,
        where=_place(error.__traceback__),
        **fields,
    )


def quiet_libraries() -> None:
    """Libraries log texts (URLs, arguments): keep only who spoke and how loud."""
    root = logging.getLogger()
    root.handlers = [_NameOnlyHandler()]
    root.setLevel(logging.WARNING)


class _NameOnlyHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        event("library_log", level=record.levelname.lower(), logger=record.name)


def _place(traceback: TracebackType | None) -> str:
    place = "?"
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "leadlayer" in code.co_filename or "handler" in code.co_filename:
            place = f"{code.co_name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
