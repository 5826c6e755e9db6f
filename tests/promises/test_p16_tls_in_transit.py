"""P16: every answer asks for HTTPS from now on, nothing of ours is sent without it, and customers'
webhooks are https to the public internet, when they are set up and at each delivery."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.chat import handler as chat
from functions.dsar import handler as dsar
from functions.leads import handler as leads
from functions.pixel import handler as pixel
from functions.replies import handler as replies
from functions.sign_in import handler as sign_in
from functions.web import handler as web
from leadlayer.core import egress
from leadlayer.core.outbound import Outbound, is_public
from leadlayer.core.policy import policy
from leadlayer.views.service import Counter
from tests.clocks import FixedClock
from tests.console_calls import ConsoleCalls, RecordedLedger, SentJobs
from tests.echo_model import EchoModel
from tests.integration.webhook_calls import LEAD, Rig
from tests.promises.test_p15_a_pixel_ping_is_one_increment import Store
from tests.world import EVENTS, Context, World, load_event

HTTP = ("chat", "console", "dsar", "leads", "pixel", "replies", "sign_in", "web")
# What nobody asks over HTTP: the gateway's own question, queues, streams and schedules.
SILENT = {"authorizer", "jobs", "mailer", "purge", "webhooks"}
HTTP_EVENTS = sorted(
    path.stem for path in EVENTS.glob("*.json") if path.stem.partition(".")[0] in HTTP
)


def answer(world: World, name: str) -> dict[str, Any]:
    event, context = load_event(name), Context()
    settings, table, clock = world.settings, world.table, world.clock

    def keyring():
        return world.keyring

    counter = Counter(views=Store(), clock=FixedClock(), most_paths=500)
    handlers: dict[str, Callable[[], Any]] = {
        "chat": lambda: chat.build(
            chat.Deps(settings, table, clock, EchoModel(), keyring, RecordedLedger(), SentJobs())
        ),
        "console": lambda: ConsoleCalls(world).handle,
        "dsar": lambda: dsar.build(dsar.Deps(settings, table, clock, keyring)),
        "leads": lambda: leads.build(leads.Deps(settings, table, clock, keyring)),
        "pixel": lambda: lambda event, _: pixel.handle(event, counter),
        "replies": lambda: replies.build(replies.Deps(table, clock, keyring)),
        "sign_in": lambda: sign_in.build(sign_in.Deps(settings, table, clock, keyring)),
        "web": lambda: web.build(web.Deps(settings, table, clock, lambda _: b"x")),
    }
    return handlers[name.partition(".")[0]]()(event, context)


def asks_for_https(headers: dict[str, str]) -> bool:
    """At least a year, for subdomains too (RFC 6797, section 6.1)."""
    value = headers.get("Strict-Transport-Security", "")
    age = next((part[8:] for part in value.split("; ") if part.startswith("max-age=")), "0")
    return int(age) >= 31536000 and "includeSubDomains" in value


@pytest.mark.parametrize("name", HTTP_EVENTS)
def test_every_answer_good_or_bad_asks_for_https(world: World, name: str):
    assert asks_for_https(answer(world, name)["headers"])


def test_every_function_that_answers_is_asked():
    functions = {path.parent.name for path in EVENTS.parent.glob("functions/*/handler.py")}
    assert functions == {*HTTP, *SILENT}
    assert {name.partition(".")[0] for name in HTTP_EVENTS} == set(HTTP)


def test_twin_a_function_that_nobody_knows_proves_nothing(world: World):
    with pytest.raises(KeyError):
        answer(world, "mailer.schedule")


@pytest.mark.parametrize("path", ["/v1/account", "/v1/webhooks", "/v1/nothing"])
@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_every_answer_of_the_console_asks_for_https(world: World, path: str, role: str):
    assert asks_for_https(ConsoleCalls(world).answer("GET", path, role=role)["headers"])


@pytest.mark.parametrize("value", ["", "max-age=60; includeSubDomains", "max-age=63072000"])
def test_twin_a_missing_short_or_partial_header_is_caught(value: str):
    assert not asks_for_https({"Strict-Transport-Security": value})


def test_nothing_is_sent_without_tls():
    entries = policy().sub_processors_for("anthropic")
    now = max(entry.effective_at for entry in entries)

    egress.check("https://api.anthropic.com/v1/messages", sub_processors=entries, now=now)
    with pytest.raises(egress.EgressDenied):
        egress.check("http://api.anthropic.com/v1/messages", sub_processors=entries, now=now)


# Customers' webhooks

INSIDE = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "fd00:ec2::254", "::1"]


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "http://127.0.0.1/", "https://127.0.0.1/", "ftp://x.nl/"]
)
def test_no_webhook_can_be_set_up_without_https(world: World, url: str):
    """Outside the local stage, which shows its deliveries on the same machine."""
    world.settings = replace(world.settings, stage="prod")
    body = {"url": url, "events": ["lead.created"]}
    status, answer = ConsoleCalls(world).call("POST", "/v1/webhooks", body)

    assert (status, answer["code"]) == (422, "webhook_url_refused")
    assert world.rows("webhook") == []


def outcomes(world: World, addresses: list[str], accepts: Callable[[str], bool]) -> list[str]:
    """What the delivery log says after a lead came, while the host has these addresses."""
    rig = Rig(world)
    rig.add_webhook()
    rig.endpoint.check = Outbound(resolve=lambda _: addresses, accepts=accepts).check
    rig.add_lead()
    rig.news()
    return [outcome for _, outcome in rig.log]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_has_come_to_mean_a_private_address_gets_no_lead(world: World, address: str):
    """The address was public when the webhook was set up."""
    assert outcomes(world, ["93.184.215.14", address], is_public) == ["refused"]
    assert LEAD in str(world.rows("delivery"))


def test_twin_a_door_that_takes_every_address_is_caught(world: World):
    assert outcomes(world, INSIDE, lambda _: True) == ["delivered"]
