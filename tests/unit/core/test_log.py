"""What may be logged: named events with allowed keys; no text of an exception or a library."""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from leadlayer.core import log

CANARY = "canary-noor@example.com"


@pytest.fixture
def libraries() -> Iterator[logging.Logger]:
    """Puts the root logger back: it belongs to every other test too."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield logging.getLogger("somelibrary.part")
    root.handlers, root.level = handlers, level


def logged(written: str) -> dict[str, object]:
    """One line of the log without its time."""
    record = json.loads(written)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record.pop("timestamp"))
    return record


def fail() -> None:
    raise LookupError(CANARY)


def raised() -> Exception:
    try:
        fail()
    except LookupError as error:
        return error
    raise AssertionError


def test_an_event_is_one_line_of_json(capsys):
    log.event("lead_accepted", site="s_1", lead="01A", attempt=2)
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert logged(written) == {
        "event": "lead_accepted", "level": "info", "site": "s_1", "lead": "01A", "attempt": 2,
    }  # fmt: skip


def test_a_key_without_a_value_is_left_out(capsys):
    log.event("x", site=None)
    assert logged(capsys.readouterr().out) == {"event": "x", "level": "info"}


@pytest.mark.parametrize(
    "key", ["message", "email", "body", "headers", "query", "ip", "error", "Site"]
)
def test_a_key_outside_the_allow_list_is_refused_and_nothing_is_written(key, capsys):
    with pytest.raises(log.NotLoggable) as refused:
        log.event("x", site="s_1", **{key: CANARY})
    assert CANARY not in str(refused.value)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "word", ["email", "mail_to", "phone", "name", "ip", "address", "agent", "query", "path", "text",
             "body", "header", "message", "origin", "token", "key"]
)  # fmt: skip
def test_the_allow_list_has_no_key_that_could_hold_something_of_a_visitor(word):
    assert word not in log.ALLOWED


def test_a_failure_says_type_and_place_but_not_the_text(capsys):
    log.failure("unhandled", raised(), site="s_1")
    written = capsys.readouterr()
    assert CANARY not in written.out + written.err
    record = json.loads(written.out)
    assert record["error_type"] == "LookupError"
    assert record["level"] == "error"


def test_the_check_would_see_a_failure_that_quotes_its_exception(capsys):
    def careless(error: Exception) -> None:
        log.event("unhandled", code=str(error))

    careless(raised())
    assert CANARY in capsys.readouterr().out


def test_a_failure_refuses_keys_like_an_event(capsys):
    with pytest.raises(log.NotLoggable):
        log.failure("x", raised(), email=CANARY)
    assert capsys.readouterr() == ("", "")


def test_a_chain_of_exceptions_is_not_quoted_either(capsys):
    try:
        try:
            fail()
        except LookupError as cause:
            raise RuntimeError(CANARY) from cause
    except RuntimeError as error:
        log.failure("unhandled", error)
    assert CANARY not in "".join(capsys.readouterr())


def test_of_a_library_only_its_name_and_loudness_is_kept(libraries, capsys):
    log.quiet_libraries()
    libraries.warning("GET %s", CANARY, extra={"who": CANARY})
    try:
        fail()
    except LookupError:
        libraries.exception(CANARY)
    written = capsys.readouterr()
    assert CANARY not in written.out + written.err
    assert [logged(line) for line in written.out.splitlines()] == [
        {"event": "library_log", "level": "warning", "logger": "somelibrary.part"},
        {"event": "library_log", "level": "error", "logger": "somelibrary.part"},
    ]


def test_what_libraries_say_below_a_warning_is_dropped(libraries, capsys):
    log.quiet_libraries()
    libraries.info(CANARY)
    libraries.debug(CANARY)
    assert capsys.readouterr() == ("", "")


def test_the_check_would_see_an_ordinary_log_handler(libraries, capsys):
    import sys

    logging.getLogger().handlers = [logging.StreamHandler(sys.stdout)]
    libraries.warning("GET %s", CANARY)
    assert CANARY in capsys.readouterr().out
