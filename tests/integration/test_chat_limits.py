"""What one visitor, one network and one site may ask, counted without keeping an address."""

import base64
import hashlib
import ipaddress
from dataclasses import replace

import pytest

from leadlayer.chat.answer import likely_tokens
from leadlayer.core.settings import Settings
from leadlayer.handover import site_brief
from leadlayer.sites.model import Limits
from tests.fakes.model import USED, said
from tests.fakes.visitor import Visitor, visitor
from tests.world import SITE, TABLE, load_event

V4 = "198.51.100.77"
V6 = "2001:db8:85a3:12::7a2e"


def limited(world, **limits) -> None:
    world.save_site(replace(SITE, limits=replace(Limits(), **limits)))


def from_address(address: str) -> dict:
    context = load_event("chat.stream")["requestContext"]
    context["identity"]["sourceIp"] = address
    return {"requestContext": context, "headers": {"X-Forwarded-For": address}}


def ask_from(guest: Visitor, address: str):
    guest.keys += 1
    changes = from_address(address)
    changes["headers"]["Idempotency-Key"] = f"key-of-{guest.name}-{guest.keys:04}"
    return guest.send("chat.json", **changes)


def test_a_conversation_has_a_length(world):
    limited(world, turns_per_conversation=2)
    guest = visitor(world, said("een"), said("twee"), said("nieuw"))
    guest.ask()
    guest.ask()

    answer = guest.ask()

    assert (answer.status, answer.code) == (409, "conversation_full")
    assert len(world.rows("message")) == 4
    guest.talk = {}
    assert guest.ask().status == 200


def test_a_site_has_its_turns_of_the_day_and_new_ones_tomorrow(world):
    limited(world, turns_per_day=1)
    guest = visitor(world, said("een"), said("twee"))
    guest.ask()

    refused = guest.ask()

    assert (refused.status, refused.code) == (429, "daily_limit_reached")
    assert (len(world.rows("message")), guest.model.calls) == (2, 1)
    world.clock.advance(days=1)
    assert guest.ask().status == 200


def test_a_site_has_its_tokens_of_the_day(world):
    brief = site_brief(SITE, language="nl")
    first = likely_tokens(brief, language="nl", texts=["Hallo"])
    limited(world, tokens_per_day=first)
    guest = visitor(world, said("een"), said("twee"))
    guest.ask()

    refused = guest.ask()

    assert (refused.status, refused.code) == (429, "daily_limit_reached")
    assert guest.model.calls == 1


def test_an_answer_over_midnight_is_settled_on_the_day_it_was_set_aside(world):
    guest = visitor(world, [lambda: world.clock.advance(days=1), *said("Ja.")])
    guest.ask()

    [row] = world.rows("usage")
    assert (row["sk"]["S"], row["turns"]["N"]) == ("DAY#2026-11-23", "1")
    assert row["tokens"]["N"] == str(USED.total)


def test_a_message_refused_while_another_is_answered_costs_nothing(world):
    guest = visitor(world, said("Ja."), [lambda: refused.append(guest.ask("Kleur?")), *said("Ja.")])
    refused: list = []
    guest.ask()
    guest.ask("Prijs?")

    assert [answer.code for answer in refused] == ["conversation_busy"]
    [row] = world.rows("usage")
    assert (row["turns"]["N"], row["tokens"]["N"]) == ("2", str(2 * USED.total))


def test_a_site_without_tokens_asks_nobody(world):
    limited(world, tokens_per_day=0)

    assert visitor(world).ask().code == "daily_limit_reached"


def test_one_network_may_not_use_up_the_site(world):
    world.settings = Settings("local", TABLE, turns_per_network=2)
    guest = visitor(world, *[said("ja")] * 6)
    assert [ask_from(guest, f"198.51.100.{last}").status for last in (1, 2)] == [200, 200]
    before = [row for row in world.rows() if row["type"]["S"] != "rate"]

    refused = ask_from(guest, V4)

    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert [row for row in world.rows() if row["type"]["S"] != "rate"] == before
    assert ask_from(guest, "198.51.101.77").status == 200
    world.clock.advance(seconds=int(refused.headers["Retry-After"]))
    assert ask_from(guest, V4).status == 200


def test_an_ipv6_network_is_a_household(world):
    world.settings = Settings("local", TABLE, turns_per_network=1)
    guest = visitor(world, *[said("ja")] * 2)
    assert ask_from(guest, V6).status == 200

    assert ask_from(guest, "2001:db8:85a3:12:ffff::1").status == 429
    assert ask_from(guest, "2001:db8:85a3:13::1").status == 200


def spellings(address: str) -> set[str]:
    """What would betray the address: itself, its network, and what can be computed of them."""
    ip = ipaddress.ip_address(address)
    size = 24 if ip.version == 4 else 64
    network = ipaddress.ip_network((ip, size), strict=False)
    plain = {
        address, ip.exploded, str(int(ip)), str(network), str(network.network_address),
        network.network_address.exploded, str(network.network_address).rstrip(".0:"),
    }  # fmt: skip
    digests = [
        hashlib.new(kind, text.encode()).digest()
        for text in plain
        for kind in ("md5", "sha1", "sha256")
    ]
    hashed = {digest.hex() for digest in digests}
    hashed |= {base64.urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests}
    hashed |= {base64.b64encode(digest).decode().rstrip("=") for digest in digests}
    return plain | hashed | {base64.b64encode(text.encode()).decode() for text in plain}


@pytest.mark.parametrize("address", [V4, V6])
def test_no_address_is_in_the_table_or_the_log(world, capsys, address):
    world.settings = Settings("local", TABLE, turns_per_network=1)
    guest = visitor(world, said("ja"))
    ask_from(guest, address)
    ask_from(guest, address)

    kept = str(world.rows()) + "".join(capsys.readouterr())

    assert [spelling for spelling in spellings(address) if spelling in kept] == []
    assert "Firefox" not in kept


def test_a_kept_address_would_be_found(world):
    """The twin of the search above."""
    network = str(ipaddress.ip_network((V4, 24), strict=False))
    digest = hashlib.sha256(network.encode()).hexdigest()

    for kept in (f"RATE#{V4}", f"RATE#{network}", f"RATE#{digest}"):
        assert any(spelling in kept for spelling in spellings(V4))


def test_the_salt_is_gone_a_day_later(world):
    visitor(world, said("ja")).ask()

    [salt] = world.rows("rate_salt")
    [rate] = world.rows("rate")
    began = 1795428000
    assert int(salt["expires_at"]["N"]) <= began + 86_400
    assert int(rate["expires_at"]["N"]) <= began + 600
