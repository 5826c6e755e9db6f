"""What stands around every view: navigation by role, keyboard, languages, the page's own policy."""

import json
import re
from pathlib import Path
from typing import Literal, get_args

import pytest
from playwright.sync_api import Page, expect

from leadlayer.accounts.model import Role
from leadlayer.accounts.permissions import MATRIX
from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.person import confirm, enter, kept, press, rows, title

TEXTS = Path(__file__).resolve().parents[2] / "web" / "console" / "texts"
VIEWS = [
    "leads",
    f"leads/{demo.SITE}/01LEAD9997",
    "conversations",
    f"conversations/{demo.SITE}/01CONV9997",
    "cleanup",
    "account",
    "sites",
    f"sites/{demo.SITE}",
    "views",
    "people",
    "keys",
    "webhooks",
    "webhooks/h_old",
    "exports",
    "notices",
    "requests",
    "audit",
]
NEEDS = {"Leads": "leads.read", "Conversations": "leads.read", "Clean up": "leads.delete"}


@pytest.mark.parametrize("role", get_args(Role))
def test_the_navigation_offers_what_the_role_may(
    signed_in: Page, api: FakeConsole, role: Role
) -> None:
    api.role = role
    enter(signed_in, api)

    nav = signed_in.get_by_role("navigation")
    for name, action in NEEDS.items():
        allowed = role in MATRIX[action]
        expect(nav.get_by_role("link", name=name)).to_have_count(int(allowed))
    expect(nav.get_by_role("link", name="Account", exact=True)).to_be_visible()


def test_an_address_that_the_role_may_not_see_says_so_and_asks_nothing(
    signed_in: Page, api: FakeConsole
) -> None:
    api.role = "privacy_officer"
    enter(signed_in, api, "leads")

    expect(signed_in.get_by_role("alert")).to_contain_text("Your role does not allow this.")
    assert api.called("GET", "leads") == []


def test_an_unknown_address_says_so(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "nowhere/at/all")

    expect(title(signed_in)).to_have_text("Not found")


@pytest.mark.parametrize(
    "code",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "document.createElement('script').src = 'console.js'",
        "document.createElement('iframe').srcdoc = 'x'",
    ],
)
def test_trusted_types_are_in_force(
    signed_in: Page, api: FakeConsole, complaints: list[str], code: str
) -> None:
    enter(signed_in, api, "leads")

    attempt = f"() => {{ try {{ {code} }} catch (error) {{ return error.name }} }}"
    assert signed_in.evaluate(attempt) == "TypeError"
    assert "Trusted" in complaints.pop()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("document.body.setAttribute('style', 'color: red')", "console"),
        ("fetch('https://elsewhere.example/').catch(() => {})", "console"),
        (
            "document.body.append(Object.assign(new Image(), {src: 'https://e.example/'}))",
            "console",
        ),
        ("setTimeout(() => { throw new Error('planted') })", "weberror"),
    ],
)
def test_twin_what_the_page_must_not_do_is_noticed(
    signed_in: Page,
    api: FakeConsole,
    complaints: list[str],
    code: str,
    told: Literal["console", "weberror"],
) -> None:
    enter(signed_in, api, "leads")
    with signed_in.context.expect_event(told):
        signed_in.evaluate(f"() => {{ {code} }}")

    assert complaints
    complaints.clear()


NAMELESS = re.compile(
    r"^\s*- (button|link|textbox|combobox|checkbox|searchbox|progressbar|img)\b(?! \")",
    re.MULTILINE,
)


def test_what_can_be_focused_has_a_name_before_the_account_has_come(
    signed_in: Page, api: FakeConsole
) -> None:
    # Never answered while the test looks.
    signed_in.route("**/v1/account", lambda _: None)
    signed_in.goto(f"{api.url}#/leads")
    expect(signed_in.locator("h1")).to_be_visible()

    tree = signed_in.locator("body").aria_snapshot()
    assert 'link "Skip to the content"' in tree
    assert NAMELESS.findall(tree) == []


def test_twin_a_link_without_a_name_is_noticed(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "account")
    signed_in.evaluate("document.querySelector('.skip').textContent = ''")

    assert NAMELESS.findall(signed_in.locator("body").aria_snapshot()) == ["link"]


@pytest.mark.parametrize("view", VIEWS)
def test_every_control_has_a_name_and_every_view_one_heading(
    signed_in: Page, api: FakeConsole, view: str
) -> None:
    enter(signed_in, api, view)

    tree = signed_in.locator("body").aria_snapshot()
    assert NAMELESS.findall(tree) == []
    assert tree.count("[level=1]") == 1
    assert signed_in.title().endswith("· LeadLayer")
    ids = signed_in.evaluate("[...document.querySelectorAll('[id]')].map(({id}) => id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("view", [*VIEWS, "sign-in", "sign-up"])
def test_nothing_sticks_out_of_a_narrow_window(
    signed_in: Page, api: FakeConsole, view: str
) -> None:
    if view.startswith("sign"):
        signed_in.evaluate("localStorage.clear()")
    signed_in.set_viewport_size({"width": 360, "height": 740})
    enter(signed_in, api, view)

    for width in (360, 800):
        signed_in.set_viewport_size({"width": width, "height": 740})
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= width


def test_twin_what_sticks_out_is_noticed(signed_in: Page, api: FakeConsole) -> None:
    signed_in.set_viewport_size({"width": 360, "height": 740})
    enter(signed_in, api, "account")
    # By the script's own property: the page's policy forbids the attribute.
    signed_in.evaluate("document.querySelector('h1').style.minWidth = '500px'")

    assert signed_in.evaluate("document.documentElement.scrollWidth") > 360


CONTRAST = """() => {
  const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const channel = (value) => linear(value / 255);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parse = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = parse(getComputedStyle(node).backgroundColor);
      if (color[3] === 255) return color;
    }
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!words || !node.checkVisibility()) continue;
    if (node.closest(".unseen, .skip, option, noscript")) continue;
    const pair = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort();
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) found.push(`${node.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("view", VIEWS)
def test_words_stand_out_from_what_is_behind_them_by_day_and_by_night(
    signed_in: Page, api: FakeConsole, view: str
) -> None:
    enter(signed_in, api, view)
    assert signed_in.evaluate(CONTRAST) == []

    signed_in.emulate_media(color_scheme="dark")

    assert signed_in.evaluate(CONTRAST) == []


def test_twin_pale_words_are_found(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "account")
    signed_in.evaluate("document.querySelector('h1').style.color = '#bbb'")

    assert len(signed_in.evaluate(CONTRAST)) == 1


def test_a_lead_is_opened_and_noted_on_with_the_keyboard_alone(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "leads")
    expect(rows(signed_in)).to_have_count(5)
    signed_in.keyboard.press("Tab")
    expect(signed_in.get_by_role("link", name="Skip to the content")).to_be_focused()
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("main")).to_be_focused()
    for _ in range(12):
        signed_in.keyboard.press("Tab")
        if signed_in.evaluate("document.activeElement.className") == "row-link":
            break
    signed_in.keyboard.press("Enter")
    expect(title(signed_in)).to_have_text("Noor de Wit")
    expect(title(signed_in)).to_be_focused()
    for _ in range(30):
        signed_in.keyboard.press("Tab")
        if signed_in.evaluate("document.activeElement.name") == "text":
            break
    signed_in.keyboard.type("Called.")
    signed_in.keyboard.press("Tab")
    signed_in.keyboard.press("Enter")

    expect(signed_in.locator(".notes li")).to_contain_text("Called.")
    assert api.leads[0]["notes"][0]["text"] == "Called."


def test_a_dialog_takes_the_focus_and_gives_it_back(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, VIEWS[1])
    signed_in.get_by_role("button", name="Delete").focus()
    signed_in.keyboard.press("Enter")
    expect(signed_in.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    signed_in.keyboard.press("Escape")

    expect(signed_in.get_by_role("dialog")).to_have_count(0)
    expect(signed_in.get_by_role("button", name="Delete")).to_be_focused()


def test_a_new_view_gets_the_focus_the_title_and_is_told(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "leads")
    signed_in.get_by_role("link", name="Account", exact=True).click()

    expect(title(signed_in)).to_be_focused()
    expect(signed_in).to_have_title("Account · LeadLayer")
    expect(signed_in.locator("[role=status].unseen")).to_have_text("Account")
    current = signed_in.get_by_role("navigation").locator("[aria-current=page]")
    expect(current).to_have_text("Account")


def test_on_a_phone_the_menu_opens_closes_and_leads_on(signed_in: Page, api: FakeConsole) -> None:
    signed_in.set_viewport_size({"width": 360, "height": 740})
    enter(signed_in, api, "leads")
    menu = signed_in.get_by_role("button", name="Menu")
    expect(signed_in.get_by_role("navigation")).to_be_hidden()
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    signed_in.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(signed_in.get_by_role("navigation")).to_be_hidden()
    menu.click()
    signed_in.get_by_role("link", name="Conversations").click()

    expect(title(signed_in)).to_have_text("Conversations")
    expect(signed_in.get_by_role("navigation")).to_be_hidden()


@pytest.mark.parametrize("language", ["nl", "de"])
def test_a_language_is_spoken_everywhere_and_remembered(
    signed_in: Page, api: FakeConsole, language: str
) -> None:
    texts = json.loads((TEXTS / f"{language}.json").read_text("utf-8"))
    enter(signed_in, api, "conversations")
    with signed_in.expect_response("**/v1/me"):
        signed_in.get_by_label("Language").select_option(language)
    expect(title(signed_in)).to_have_text(texts["conversations.title"])
    expect(signed_in.locator("html")).to_have_attribute("lang", language)
    assert api.me == {"language": language}

    signed_in.reload()

    expect(title(signed_in)).to_have_text(texts["conversations.title"])
    expect(signed_in.get_by_role("link", name=texts["account.title"], exact=True)).to_be_visible()


def test_every_problem_of_the_api_has_words_in_three_languages() -> None:
    root = TEXTS.parents[2]
    source = "".join(
        path.read_text("utf-8")
        for folder in ("console", "accounts", "sites", "exports", "webhooks", "core", "leads")
        for path in (root / "layers/shared/leadlayer" / folder).glob("*.py")
    )
    codes = set(re.findall(r'Problem\(\s*\d+,\s*"(\w+)"', source))
    # What only a widget can be told.
    codes -= {"consent_required", "consent_version_outdated", "contact_missing"}
    codes -= {"idempotency_key_reused", "site_not_collecting", "origin_not_allowed"}
    codes -= {"invalid_conversation_token"}
    table = json.loads((TEXTS / "en.json").read_text("utf-8"))
    assert len(codes) > 8
    assert {code for code in codes if f"problem.{code}" not in table} == set()


def test_a_terminated_account_is_told_until_when_and_can_come_back(
    signed_in: Page, api: FakeConsole
) -> None:
    api.state = "terminated"
    enter(signed_in, api, "leads")
    banner = signed_in.get_by_label("This account is terminated.")
    expect(banner).to_contain_text("You can export your data or come back until")
    press(signed_in, "Reactivate the account")

    expect(banner).to_have_count(0)
    assert api.state == "active"


def test_an_account_ends_only_after_its_name_was_typed(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "account")
    press(signed_in, "Terminate the account")
    confirm(signed_in, "kiln", "Terminate the account")
    expect(signed_in.get_by_role("dialog").get_by_role("alert")).to_contain_text("not the same")
    assert api.state == "active"

    confirm(signed_in, "Kiln & Co.", "Terminate the account")

    expect(signed_in.get_by_label("This account is terminated.")).to_be_visible()
    assert api.called("POST", "termination")[0].body == {"confirmation": "Kiln & Co."}


def test_name_and_language_are_changed_and_shown_around(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "account")
    signed_in.get_by_label("Your name").fill("Joris B.")
    signed_in.locator("form", has=signed_in.get_by_label("Your name")).get_by_role("button").click()

    expect(signed_in.locator(".who")).to_contain_text("Joris B.")
    assert api.me == {"name": "Joris B.", "language": "en"}


def test_another_session_is_ended_and_then_all_of_them(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "account")
    press(signed_in, "Sign out there")
    expect(signed_in.get_by_role("button", name="Sign out there")).to_have_count(0)
    assert [one["id"] for one in api.sessions] == ["s_here"]

    press(signed_in, "Sign out everywhere")

    expect(title(signed_in)).to_have_text("Sign in")
    assert api.tokens == set()
    assert "leadlayer.session" not in kept(signed_in)


def test_old_leads_are_deleted_by_site_and_day(timed: Page, api: FakeConsole) -> None:
    api.role = "privacy_officer"
    enter(timed, api, "cleanup")
    timed.get_by_label("Everything from before").fill("2026-01-01")
    press(timed, "Delete…")
    confirm(timed, "DELETE")
    timed.clock.run_for(2_000)

    expect(timed.get_by_role("dialog")).to_have_count(0)
    body = {"site": demo.SITE, "before": "2026-01-01", "confirmation": "DELETE"}
    assert api.called("POST", "deletions")[0].body == body


def test_a_page_that_cannot_read_the_account_offers_to_try_again(
    signed_in: Page, api: FakeConsole
) -> None:
    api.faults["GET account"] = [Refused(503, "unavailable")]
    signed_in.goto(f"{api.url}#/leads")
    expect(signed_in.get_by_role("alert")).to_contain_text("cannot be reached just now")
    press(signed_in, "Try again")

    expect(title(signed_in)).to_have_text("Leads")
