"""API keys: shown once, listed without their secret, revoked by name."""

from playwright.sync_api import Page, expect

from tests.browser_console.fake_console import FakeConsole
from tests.browser_console.person import confirm, dialog, enter, kept, press, rows

KEY = "llk_q3ZtVn5Yw8sKfT2bLr9XcPd4"


def create(page: Page, name: str = "CRM") -> None:
    press(page, "Make a key")
    asked = dialog(page)
    asked.get_by_label("Name").fill(name)
    asked.get_by_label("Role").select_option("agent")
    asked.get_by_label("Valid for").fill("30")
    asked.get_by_role("button", name="Make a key").click()


def test_a_new_key_is_shown_once_and_then_nowhere(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "keys")
    create(signed_in)
    expect(dialog(signed_in).get_by_text(KEY)).to_be_visible()
    # Not lost by a slip of the finger.
    signed_in.keyboard.press("Escape")
    expect(dialog(signed_in).get_by_text(KEY)).to_be_visible()

    press(signed_in, "I have stored it")

    expect(rows(signed_in)).to_have_count(1)
    expect(rows(signed_in)).to_contain_text("llk_q3Zt…")
    expect(dialog(signed_in)).to_have_count(0)
    assert KEY not in signed_in.content()
    assert KEY not in str(kept(signed_in))
    assert api.called("POST", "api-keys")[0].body == {"name": "CRM", "role": "agent", "days": 30}


def test_a_key_never_gets_an_owner_s_role(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "keys")
    press(signed_in, "Make a key")

    roles = dialog(signed_in).get_by_label("Role").locator("option")
    expect(roles).to_have_text(["Viewer", "Agent", "Privacy officer", "Admin"])


def test_a_term_that_is_too_long_is_refused_before_it_is_sent(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "keys")
    press(signed_in, "Make a key")
    asked = dialog(signed_in)
    asked.get_by_label("Name").fill("CRM")
    asked.get_by_label("Valid for").fill("366")
    asked.get_by_role("button", name="Make a key").click()

    expect(asked.get_by_label("Valid for")).to_be_focused()
    assert api.called("POST", "api-keys") == []


def test_a_key_is_revoked_by_its_name(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "keys")
    create(signed_in)
    press(signed_in, "I have stored it")
    press(signed_in, "Revoke CRM")

    confirm(signed_in, "CRM", "Revoke")

    expect(rows(signed_in)).to_have_count(0)
    assert len(api.called("DELETE", "api-keys/k_0")) == 1


def test_the_example_names_this_api(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "keys")

    example = signed_in.get_by_role("region", name="How to use a key")
    expect(example).to_contain_text(f"{api.url.removesuffix('console/')}v1/leads?limit=10")


def test_an_agent_is_not_offered_keys(signed_in: Page, api: FakeConsole) -> None:
    api.role = "agent"
    enter(signed_in, api, "keys")

    expect(signed_in.get_by_text("Your role does not allow this")).to_be_visible()
    assert api.called("GET", "api-keys") == []
