"""P22: no privacy notice, nothing collected; a lead needs the consent that the site requires."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.web import handler as web
from leadlayer.sites.model import Consent, Site
from tests.echo_model import EchoModel
from tests.world import SITE, Context, World, body_of, load_event


def call(world: World, name: str, **changes: Any) -> dict[str, Any]:
    if name.startswith("chat"):
        model = EchoModel()
        handler = chat.build(
            chat.Deps(world.settings, world.table, world.clock, model, lambda: world.keyring)
        )
    elif name.startswith("web"):
        handler = web.build(web.Deps(world.settings, world.table, world.clock, lambda _: b""))
    else:
        handler = leads.build(
            leads.Deps(world.settings, world.table, world.clock, lambda: world.keyring)
        )
    return handler(load_event(name, **changes), Context())


@pytest.mark.parametrize("notice", ["", "http://shop.example/privacy"])
@pytest.mark.parametrize("name", ["leads.valid", "chat.json"])
def test_without_a_privacy_notice_nothing_is_collected(world: World, notice: str, name: str):
    world.save_site(replace(SITE, privacy_notice_url=notice))
    before = world.rows()

    answer = call(world, name)

    assert (answer["statusCode"], body_of(answer)["code"]) == (403, "site_not_collecting")
    assert world.rows() == before


def test_the_widget_is_told_that_the_site_does_not_collect(world: World):
    world.save_site(replace(SITE, privacy_notice_url=""))

    assert body_of(call(world, "web.widget_config"))["collecting"] is False


def test_twin_with_a_notice_the_same_requests_are_taken(world: World):
    assert call(world, "leads.valid")["statusCode"] == 201
    assert call(world, "chat.json")["statusCode"] == 200
    assert body_of(call(world, "web.widget_config"))["collecting"] is True


@pytest.mark.parametrize("consent", [None, {"given": False, "version": "1"}])
def test_a_lead_without_the_required_consent_is_refused(world: World, consent: Any):
    body = json.loads(load_event("leads.valid")["body"]) | {"consent": consent}
    before = world.rows("lead")

    answer = call(world, "leads.valid", body=body)

    assert (answer["statusCode"], body_of(answer)["code"]) == (422, "consent_required")
    assert world.rows("lead") == before == []


def test_twin_a_site_that_requires_no_consent_takes_the_same_lead(world: World):
    site: Site = replace(SITE, consent=Consent({"nl": "x"}, required=False))
    world.save_site(site)
    body = json.loads(load_event("leads.valid")["body"]) | {"consent": None}

    assert call(world, "leads.valid", body=body)["statusCode"] == 201


def test_the_evidence_names_text_language_version_and_time_and_no_address(world: World):
    call(world, "leads.valid")

    (row,) = world.rows("lead")
    text = SITE.consent.texts["nl"]
    assert row["consent_text_hash"]["S"] == hashlib.sha256(text.encode()).hexdigest()
    assert row["consent_language"]["S"] == "nl"
    assert row["consent_version"]["S"] == "1"
    assert row["consent_at"]["S"] == "2026-11-23T10:00:00Z"
    assert row["widget_version"]["S"] == "1.0.0"
    assert "203.0.113" not in json.dumps(world.rows())
