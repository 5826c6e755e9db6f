"""What a visitor of the shop does and sees, so that the tests read as what they guarantee."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.tab_clock import until_answered

LAUNCH = {"nl": "Stel een vraag", "en": "Ask a question", "de": "Frage stellen"}


def visit(page: Page, origin: str, path: str = "/") -> Locator:
    """Load a page of the shop and return the launcher once it is there."""
    page.goto(origin + path)
    launcher = page.locator("leadlayer-widget button.launch")
    launcher.wait_for()
    return launcher


def panel(page: Page) -> Locator:
    return page.locator("leadlayer-widget dialog")


def message_box(page: Page) -> Locator:
    return panel(page).locator(".composer textarea")


def open_panel(page: Page) -> Locator:
    """Open the panel by its button and wait until the visitor may type."""
    page.locator("leadlayer-widget button.launch").click()
    expect(message_box(page)).to_be_enabled()
    return panel(page)


def say(page: Page, text: str) -> None:
    message_box(page).fill(text)
    message_box(page).press("Enter")


def pass_time(page: Page, seconds: float) -> None:
    """Let the timers of a `timed` page run; the end of an answer sets one."""
    expect(panel(page).locator("[aria-busy=true]")).to_have_count(0)
    page.clock.run_for(int(seconds * 1000))


def wait(page: Page, seconds: float) -> None:
    """The same, until what the timers asked for was answered."""
    pass_time(page, seconds)
    until_answered(page)


def answers(page: Page) -> Locator:
    """The assistant's messages, the greeting first."""
    return panel(page).locator("[role=log] .ai > span")


def staff_messages(page: Page) -> Locator:
    return panel(page).locator("[role=log] .staff > span")


def notes(page: Page) -> Locator:
    return panel(page).locator("[role=log] .note")


def warning(page: Page) -> Locator:
    return panel(page).locator("div[role=alert]")


def open_form(page: Page) -> Locator:
    open_panel(page).get_by_role("button", name="Leave your details").click()
    return panel(page).locator("form")


def fill_lead(form: Locator, *, consent: bool) -> None:
    form.get_by_label("Name").fill("Noor de Wit")
    form.get_by_label("E-mail").fill("noor@example.nl")
    form.get_by_role("checkbox").set_checked(consent)


def submit(form: Locator) -> None:
    form.get_by_role("button", name="Send").click()


STORAGE = """async () => ({
  cookie: document.cookie,
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: (await indexedDB.databases()).map(({name}) => name),
  caches: await caches.keys(),
})"""


def stored(page: Page) -> dict[str, Any]:
    """Everything the page's origin keeps in this browser, plus the cookies of every origin."""
    return {**page.evaluate(STORAGE), "cookies": page.context.cookies()}


NOTHING = {"cookie": "", "local": [], "session": [], "databases": [], "caches": [], "cookies": []}
