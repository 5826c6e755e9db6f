"""The audit log: a sentence for all that is entered, and whether somebody meddled with it."""

import json
from pathlib import Path
from typing import cast

from playwright.sync_api import Page, expect

from leadlayer.console.app import routes_of
from leadlayer.console.deps import Deps
from tests.browser_console import demo_data as demo
from tests.browser_console import demo_desk as desk
from tests.browser_console.fake_console import FakeConsole
from tests.browser_console.person import enter, press, rows

TEXTS = Path(__file__).resolve().parents[2] / "web" / "console" / "texts"


def test_entries_read_as_sentences_and_more_come_on_demand(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "audit")

    expect(rows(signed_in)).to_have_count(50)
    expect(rows(signed_in).first).to_contain_text("Deleted a lead")
    expect(rows(signed_in).first).to_contain_text("Refused, not done")
    expect(rows(signed_in).nth(1)).to_contain_text("Sanne Jansen · Agent")
    press(signed_in, "Show more")

    expect(rows(signed_in)).to_have_count(63)


def test_people_keys_and_unknown_routes_are_named_as_far_as_they_are_known(
    signed_in: Page, api: FakeConsole
) -> None:
    api.desk.entries = [
        desk.entry(4, "POST /v1/exports", actor=f"member:{demo.ME}"),
        desk.entry(3, "GET /v1/leads", actor="key:k_000000abcdef"),
        desk.entry(2, "GET /v1/leads", actor="member:m_000000gone42"),
        desk.entry(1, "GET /v1/of/another/day"),
    ]
    enter(signed_in, api, "audit")

    expect(rows(signed_in).nth(0)).to_contain_text("Started an exportYou")
    expect(rows(signed_in).nth(1)).to_contain_text("API key …abcdef")
    expect(rows(signed_in).nth(2)).to_contain_text("Person …gone42")
    expect(rows(signed_in).nth(3)).to_contain_text("GET /v1/of/another/day")


def test_an_intact_log_says_so(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "audit")

    expect(signed_in.get_by_text("all 63 entries follow on each other")).to_be_visible()


def test_a_log_that_was_meddled_with_raises_an_alarm(signed_in: Page, api: FakeConsole) -> None:
    api.desk.broken_at = 17
    enter(signed_in, api, "audit")

    expect(signed_in.locator(".verified [role=alert]")).to_contain_text("From entry 17 on")


def test_an_agent_does_not_see_the_log(signed_in: Page, api: FakeConsole) -> None:
    api.role = "agent"
    enter(signed_in, api, "audit")

    expect(signed_in.get_by_text("Your role does not allow this")).to_be_visible()
    assert api.called("GET", "audit") == []


class Unused:
    """Stands for whatever the routes would work with; declaring them asks for nothing of it."""

    def __getattr__(self, name: str) -> "Unused":
        return self

    def __call__(self, *_: object, **__: object) -> "Unused":
        return self


def test_everything_that_is_entered_has_a_sentence() -> None:
    rules = routes_of(cast("Deps", Unused())).rules
    entered = {rule.call.replace("/v1/", "") for rule in rules if rule.audited}
    # Written by the sign-in, which is another function.
    entered.add("POST sessions")
    known = set(json.loads((TEXTS / "en.json").read_text("utf-8")))

    assert len(entered) > 30
    assert {f"did.{call}" for call in entered} == {key for key in known if key.startswith("did.")}
