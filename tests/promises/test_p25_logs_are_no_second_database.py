"""P25: logs hold named events with allowed keys; nothing of a request, whatever goes wrong.

The same scan runs over the output of every test of the suite (tests/conftest.py).
"""

import logging

import pytest

from functions.leads import handler as leads
from functions.pixel import handler as pixel
from leadlayer.core import log
from tests.canaries import CANARIES, leaks
from tests.world import EVENTS, Context, World, load_event

LEAD_EVENTS = sorted(path.stem for path in EVENTS.glob("leads.*.json"))


class Broken:
    """A table that fails and says in its text what it was given."""

    def __getattr__(self, name: str):
        def fail(*arguments: object, **named: object) -> None:
            message = f"{name} failed for {arguments} {named} {CANARIES}"
            raise RuntimeError(message)

        return fail


def answer(world: World, name: str, table: object) -> int:
    deps = leads.Deps(world.settings, table, world.clock, lambda: world.keyring)  # type: ignore[arg-type]
    return leads.build(deps)(load_event(name), Context())["statusCode"]


@pytest.mark.parametrize("name", LEAD_EVENTS)
def test_no_request_good_or_bad_leaves_anything_of_itself(world: World, capfd, name: str):
    answer(world, name, world.table)

    output = capfd.readouterr()
    assert leaks(output.out + output.err) == []


def test_a_failure_whose_text_quotes_the_request_is_logged_by_type_and_place(world, capfd):
    assert answer(world, "leads.valid", Broken()) == 500

    output = capfd.readouterr()
    assert leaks(output.out + output.err) == []
    assert '"error_type": "RuntimeError"' in output.out
    assert '"where": "' in output.out


def test_twin_a_log_that_prints_the_text_is_caught(capfd):
    try:
        Broken().find("LEADS#s_demo")
    except RuntimeError as error:
        print(error)

    assert leaks(capfd.readouterr().out)


def test_a_key_that_is_not_allowed_cannot_be_logged():
    with pytest.raises(log.NotLoggable):
        log.event("lead_accepted", email="x")


def test_a_library_is_heard_but_not_quoted(capfd):
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        log.quiet_libraries()
        logging.getLogger("urllib3").warning("GET /leads?email=%s", CANARIES[0])
    finally:
        root.handlers, root.level = before

    out = capfd.readouterr().out
    assert '"logger": "urllib3"' in out
    assert leaks(out) == []


def test_the_pixel_logs_no_path_when_it_breaks(capfd):
    class Failing:
        def count(self, ping: object) -> str:
            message = f"{ping} kanarie"
            raise ValueError(message)

    pixel.handle(load_event("pixel.personal_path"), Failing())  # type: ignore[arg-type]

    assert leaks(capfd.readouterr().out) == []
