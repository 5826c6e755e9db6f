"""P16: every answer asks for HTTPS from now on, and nothing of ours is sent without it."""

from typing import Any

import pytest

from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.pixel import handler as pixel
from functions.web import handler as web
from leadlayer.core import egress
from leadlayer.core.policy import policy
from leadlayer.views.service import Counter
from tests.clocks import FixedClock
from tests.echo_model import EchoModel
from tests.promises.test_p15_a_pixel_ping_is_one_increment import Store
from tests.world import EVENTS, Context, World, load_event

HTTP_EVENTS = sorted(
    path.stem for path in EVENTS.glob("*.json") if not path.stem.startswith("mailer.")
)


def answer(world: World, name: str) -> dict[str, Any]:
    event, context = load_event(name), Context()
    settings, table, clock = world.settings, world.table, world.clock

    def keyring():
        return world.keyring

    match name.partition(".")[0]:
        case "chat":
            deps = chat.Deps(settings, table, clock, EchoModel(), keyring)
            return chat.build(deps)(event, context)
        case "leads":
            return leads.build(leads.Deps(settings, table, clock, keyring))(event, context)
        case "web":
            return web.build(web.Deps(settings, table, clock, lambda _: b"x"))(event, context)
        case _:
            counter = Counter(views=Store(), clock=FixedClock(), most_paths=500)
            return pixel.handle(event, counter)


def asks_for_https(headers: dict[str, str]) -> bool:
    """At least a year, for subdomains too (RFC 6797, section 6.1)."""
    value = headers.get("Strict-Transport-Security", "")
    age = next((part[8:] for part in value.split("; ") if part.startswith("max-age=")), "0")
    return int(age) >= 31536000 and "includeSubDomains" in value


@pytest.mark.parametrize("name", HTTP_EVENTS)
def test_every_answer_good_or_bad_asks_for_https(world: World, name: str):
    assert asks_for_https(answer(world, name)["headers"])


@pytest.mark.parametrize("value", ["", "max-age=60; includeSubDomains", "max-age=63072000"])
def test_twin_a_missing_short_or_partial_header_is_caught(value: str):
    assert not asks_for_https({"Strict-Transport-Security": value})


def test_nothing_is_sent_without_tls():
    entries = policy().sub_processors_for("anthropic")
    now = max(entry.effective_at for entry in entries)

    egress.check("https://api.anthropic.com/v1/messages", sub_processors=entries, now=now)
    with pytest.raises(egress.EgressDenied):
        egress.check("http://api.anthropic.com/v1/messages", sub_processors=entries, now=now)
