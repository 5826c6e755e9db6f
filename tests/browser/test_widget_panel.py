"""The panel: told first that it is an AI, usable by everybody, in three languages."""

from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_api import DISCLOSURES, FakeApi, answer
from tests.browser.shop import Shop
from tests.browser.visitor import (
    LAUNCH,
    answers,
    message_box,
    open_panel,
    panel,
    say,
    visit,
    warning,
)

# Frames wait until the test lets them pass, one call of `frames()` at a time.
HOLD_FRAMES = """
  const held = [];
  window.requestAnimationFrame = (callback) => held.push(callback);
  window.frames_pass = () => held.splice(0).forEach((callback) => callback(0));
"""


def test_the_disclosure_is_read_before_anything_can_be_typed(
    fresh_page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.config_gate.clear()
    fresh_page.add_init_script(HOLD_FRAMES)
    visit(fresh_page, shop.origin).click()
    expect(message_box(fresh_page)).to_be_disabled()
    fake_api.config_gate.set()

    expect(panel(fresh_page).get_by_text(DISCLOSURES["en"])).to_be_visible()
    told = panel(fresh_page).aria_snapshot()
    assert DISCLOSURES["en"] in told
    assert "AI assistant" in told
    assert '- textbox "Type your message" [disabled]' in told
    fresh_page.evaluate("frames_pass()")
    expect(message_box(fresh_page)).to_be_disabled()
    fresh_page.evaluate("frames_pass()")

    expect(message_box(fresh_page)).to_be_enabled()
    assert DISCLOSURES["en"] in panel(fresh_page).aria_snapshot()


def test_a_disclosure_that_cannot_be_seen_keeps_the_chat_shut(fresh_page: Page, shop: Shop) -> None:
    fresh_page.add_init_script(HOLD_FRAMES)
    visit(fresh_page, shop.origin).click()
    expect(panel(fresh_page).get_by_text(DISCLOSURES["en"])).to_be_visible()
    panel(fresh_page).locator("#ai-notice").evaluate("notice => notice.hidden = true")
    fresh_page.evaluate("frames_pass(); frames_pass()")
    expect(message_box(fresh_page)).to_be_disabled()


def test_live_regions_are_known_before_anything_appears_in_them(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.config = {"greeting": ""}
    visit(page, shop.origin)
    open_panel(page)
    lines = [line.strip() for line in panel(page).aria_snapshot().splitlines()]
    assert {"- log", "- status", "- alert"} <= set(lines)
    panel(page).get_by_role("button", name="Leave your details").click()
    lines = [line.strip() for line in panel(page).locator("form").aria_snapshot().splitlines()]
    assert "- alert" in lines


def test_an_empty_live_region_takes_no_room(page: Page, shop: Shop) -> None:
    visit(page, shop.origin)
    open_panel(page)
    for role in ("status", "alert"):
        region = panel(page).locator(f".scroll > [role={role}]:empty")
        assert region.evaluate("region => region.getBoundingClientRect().height") == 0
        assert region.evaluate("region => getComputedStyle(region).display") != "none"


@pytest.mark.parametrize(
    "config", [{"collecting": False}, {"disclosure": {"text": "", "version": "d1"}}]
)
def test_a_site_that_may_not_collect_offers_no_input(
    page: Page, shop: Shop, fake_api: FakeApi, config: dict[str, object]
) -> None:
    fake_api.config = config
    visit(page, shop.origin).click()
    expect(warning(page)).to_have_text("This chat has not been set up yet.")
    expect(message_box(page)).to_be_disabled()
    expect(panel(page).get_by_role("button", name="Leave your details")).to_be_disabled()
    assert fake_api.of("GET", "/chat") == []


def test_an_unknown_site_says_that_it_is_not_set_up(page: Page, shop: Shop) -> None:
    shop.site = "nobody"
    visit(page, shop.origin).click()
    expect(warning(page)).to_have_text("This chat has not been set up yet.")
    expect(message_box(page)).to_be_disabled()


def test_opening_asks_for_the_configuration_and_then_wakes_the_chat(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.config_gate.clear()
    visit(page, shop.origin).click()
    panel(page).get_by_text("Loading").wait_for()
    assert fake_api.of("GET", "/chat") == []
    # Read at the server: the gate opens beside Playwright's pipe, so a request that follows
    # can pass before the driver knows that somebody waits for it.
    fake_api.config_gate.set()
    fake_api.wait_for("GET", "/chat")
    expect(message_box(page)).to_be_enabled()
    assert len(fake_api.of("GET", "/widget")) == 1


def test_the_configuration_can_be_asked_for_again(page: Page, shop: Shop) -> None:
    page.route("**/widget?lang=en", lambda route: route.abort(), times=1)
    visit(page, shop.origin).click()
    expect(warning(page)).to_contain_text("No connection.")
    warning(page).get_by_role("button", name="Try again").click()
    expect(message_box(page)).to_be_enabled()


FOCUSED = "document.activeElement.shadowRoot?.activeElement"


def test_everything_can_be_done_with_the_keyboard(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("Yes.")]
    launcher = visit(page, shop.origin)
    page.evaluate("() => { window.keys = []; onkeydown = ({key}) => { keys.push(key); } }")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(f"{FOCUSED}?.className") == "launch":
            break
    page.evaluate("keys.length = 0")
    page.keyboard.press("Enter")
    expect(message_box(page)).to_be_focused()
    page.keyboard.type("One")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(message_box(page)).to_have_value("One\ntwo")
    page.keyboard.press("Enter")
    expect(answers(page).last).to_have_text("Yes.")
    expect(message_box(page)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_label("Name")).to_be_focused()

    page.keyboard.press("Escape")

    expect(panel(page)).to_be_hidden()
    expect(launcher).to_be_focused()
    # The page's own shortcuts must not fire while a visitor types.
    assert page.evaluate("keys") == []


def test_a_focus_ring_shows_where_the_keyboard_is(page: Page, shop: Shop) -> None:
    launcher = visit(page, shop.origin)
    launcher.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert launcher.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"


def test_closing_and_opening_again_shows_the_same_conversation(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("Yes.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    expect(answers(page).last).to_have_text("Yes.")
    page.evaluate("LeadLayer.close()")
    expect(panel(page)).to_be_hidden()
    page.evaluate("LeadLayer.open(); LeadLayer.open()")
    expect(answers(page).last).to_have_text("Yes.")
    expect(message_box(page)).to_be_enabled()
    assert len(fake_api.of("GET", "/widget")) == 1


@pytest.mark.parametrize("language", ["nl", "en", "de"])
def test_the_panel_speaks_the_language_of_the_page(
    page: Page, shop: Shop, fake_api: FakeApi, language: str
) -> None:
    shop.tag = f'data-language="{language}"'
    launcher = visit(page, shop.origin)
    expect(launcher).to_have_text(LAUNCH[language])
    open_panel(page)
    expect(panel(page)).to_have_attribute("lang", language)
    expect(panel(page).get_by_text(DISCLOSURES[language])).to_be_visible()
    panel(page).locator(".view > .quiet").first.click()
    shown = panel(page).aria_snapshot()
    assert "undefined" not in shown
    assert fake_api.of("GET", "/widget")[0].query == {"lang": [language]}


def test_the_site_decides_when_it_lacks_the_visitors_language(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.config = {"language": "nl", "languages": ["nl"]}
    visit(page, shop.origin)
    open_panel(page)
    expect(message_box(page)).to_have_attribute("placeholder", "Typ je bericht")


SCREENS = {
    "phone": {"width": 390, "height": 844},
    "small phone": {"width": 320, "height": 568},
    "desktop": {"width": 1280, "height": 800},
    # 1280 x 800 at 200 %.
    "zoomed": {"width": 640, "height": 400},
}
TOO_WIDE = """() => {
  const root = document.querySelector("leadlayer-widget").shadowRoot;
  const boxes = [document.documentElement, ...root.querySelectorAll("dialog, dialog *")];
  return boxes.filter((box) => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 1)
    .map((box) => box.outerHTML.slice(0, 80));
}"""
TOO_SMALL = """() => {
  const root = document.querySelector("leadlayer-widget").shadowRoot;
  return [...root.querySelectorAll("button, textarea, input:not([type=checkbox]), .tick")]
    .map((target) => [target.outerHTML.slice(0, 80), target.getBoundingClientRect()])
    .filter(([, {width, height}]) => width && (width < 44 || height < 44));
}"""


@pytest.mark.parametrize("look", list(product(SCREENS, ["light", "dark"])), ids=" ".join)
def test_the_panel_fits_and_can_be_touched(
    page: Page, shop: Shop, fake_api: FakeApi, tmp_path: Path, look: tuple[str, str]
) -> None:
    screen, scheme = look
    long_word = "Donaudampfschifffahrtsgesellschaftskapitaensmuetze" * 2
    fake_api.turns = [answer(f"See {long_word} and https://shop.example/{long_word}")]
    shop.tag = 'data-language="de"'
    page.set_viewport_size(SCREENS[screen])
    page.emulate_media(color_scheme=scheme)
    visit(page, shop.origin)
    open_panel(page)
    say(page, long_word)
    expect(answers(page).last).to_contain_text("See Donau")
    page.screenshot(path=tmp_path / f"{screen}-{scheme}-chat.png")
    assert (page.evaluate(TOO_WIDE), page.evaluate(TOO_SMALL)) == ([], [])
    panel(page).locator(".view > .quiet").first.click()
    page.screenshot(path=tmp_path / f"{screen}-{scheme}-lead.png")
    assert (page.evaluate(TOO_WIDE), page.evaluate(TOO_SMALL)) == ([], [])


def test_dark_mode_changes_the_panel_and_motion_is_optional(page: Page, shop: Shop) -> None:
    style = "dialog => getComputedStyle(dialog)"
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    visit(page, shop.origin)
    open_panel(page)
    light = panel(page).evaluate(f"{style}.backgroundColor")
    assert panel(page).evaluate(f"{style}.animationName") == "in"

    page.emulate_media(color_scheme="dark", reduced_motion="reduce")

    assert panel(page).evaluate(f"{style}.backgroundColor") != light
    assert panel(page).evaluate(f"{style}.animationName") == "none"
