"""P22: no privacy notice, nothing collected; a lead needs the consent that the site requires."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.web import handler as web
from leadlayer.sites.forms import NewSiteForm, SiteForm
from leadlayer.sites.model import Consent, Site
from leadlayer.sites.settings import change_site, create_site, kept_texts
from leadlayer.sites.store import SiteStore
from tests.console_calls import RecordedLedger, SentJobs
from tests.echo_model import EchoModel
from tests.world import SITE, Context, World, body_of, load_event


def call(world: World, name: str, **changes: Any) -> dict[str, Any]:
    if name.startswith("chat"):
        model = EchoModel()
        handler = chat.build(
            chat.Deps(
                world.settings,
                world.table,
                world.clock,
                model,
                lambda: world.keyring,
                RecordedLedger(),
                SentJobs(),
            )
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


def text_of_evidence(world: World, sites: SiteStore) -> dict[str, str]:
    """Which text the only lead agreed to, found by what its evidence names."""
    (lead,) = world.rows("lead")
    site = sites.find("s_demo")
    assert site is not None
    return {
        language: words
        for kept in kept_texts(site, sites=sites)
        if kept.version == lead["consent_version"]["S"]
        for language, words in kept.texts.items()
        if hashlib.sha256(words.encode()).hexdigest() == lead["consent_text_hash"]["S"]
    }


def test_what_a_lead_agreed_to_can_be_read_after_the_text_was_changed(world: World):
    call(world, "leads.valid")
    sites = SiteStore(world.table)

    changed = SiteForm.model_validate({"consent": {"texts": {"nl": "Iets heel anders"}}})
    change_site("s_demo", changed, sites=sites, clock=world.clock)

    assert text_of_evidence(world, sites) == {"nl": SITE.consent.texts["nl"]}


def test_twin_a_text_that_is_overwritten_cannot_be_shown_any_more(world: World):
    call(world, "leads.valid")
    sites = SiteStore(world.table)

    sites.save(replace(SITE, consent=Consent({"nl": "Iets heel anders"}, version="2")))

    assert text_of_evidence(world, sites) == {}


def test_a_site_made_in_the_console_collects_nothing_before_it_has_a_notice(world: World):
    form = NewSiteForm.model_validate({"name": "Nieuw", "origins": ["https://shop.example"]})

    site = create_site(
        form, account_id="a_demo", sites=SiteStore(world.table), new_id=lambda: "s_new"
    )

    assert site.collecting is False
