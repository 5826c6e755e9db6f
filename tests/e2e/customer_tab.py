"""What a customer does in the console of a running stack, so that tests read as what they show."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser_console.person import confirm, dialog, press, rows, title
from tests.e2e.customers import mails_to, until
from tests.e2e.shop_page import ShopPage, serve_shop_page
from tests.e2e.visitors import Visitor
from tests.e2e.watched_tab import Profile, watched_profile

NOTICE = "https://shop.example/privacy"
CONSENT = "Yes, the shop may write to me about my question."
_MAILED_WITHIN_S = 60


@dataclass
class Customer:
    """Somebody with a website and a tab of the console."""

    stack: dict[str, Any]
    profile: Profile
    shop: ShopPage
    email: str
    account: str
    site: str = ""
    known: set[str] = field(default_factory=set[str])

    @property
    def page(self) -> Page:
        return self.profile.page

    def visitor(self, number: int) -> Visitor:
        """Somebody on their website, without a browser."""
        return Visitor({**self.stack, "site": self.site, "demo": self.shop.origin}, number)

    def sign_up(self) -> None:
        self.page.goto(self.stack["console"])
        self.page.get_by_role("link", name="Create an account").click()
        self.page.get_by_label("Name of the account").fill(self.account)
        self.ask_for_link()

    def sign_in(self) -> None:
        self.page.goto(f"{self.stack['console']}#/sign-in")
        self.ask_for_link()

    def ask_for_link(self) -> None:
        """The link of the mail opens a tab of its own, as a mail program would; it is used on."""
        self.known = {mail["id"] for mail in mails_to(self.stack, self.email)}
        self.page.get_by_label("E-mail address").fill(self.email)
        press(self.page, "Mail me a link")
        expect(title(self.page)).to_have_text("Look into your mailbox")
        before, self.profile.page = self.page, self.profile.context.new_page()
        self.page.goto(self._link())
        expect(self.page.locator(".shell")).to_be_visible()
        before.close()

    def _link(self) -> str:
        for _ in until(_MAILED_WITHIN_S):
            for mail in mails_to(self.stack, self.email):
                found = re.search(r"\S+#/sign-in/[\w-]+", mail["text"])
                if found and mail["id"] not in self.known:
                    assert found[0].startswith(self.stack["console"])
                    return found[0]
        raise AssertionError(f"no link was sent within {_MAILED_WITHIN_S} s")

    def go(self, name: str) -> None:
        """By the navigation, never by a reload."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(title(self.page)).to_be_visible()

    def open_row(self, text: str) -> None:
        self.row(text).get_by_role("link").click()
        expect(self.page.locator(".skeleton")).to_have_count(0)

    def row(self, text: str) -> Locator:
        return rows(self.page).filter(has_text=text)

    def add_site(self) -> None:
        """The snippet goes into the page of the shop."""
        self.page.get_by_role("link", name="Create a site").click()
        self.page.get_by_role("button", name="Add a site").first.click()
        asked = dialog(self.page)
        asked.get_by_label("Name").fill("The shop")
        asked.get_by_label("Web addresses").fill(f"{self.shop.origin}/start")
        asked.get_by_role("button", name="Add a site").click()
        expect(title(self.page)).to_have_text("The shop")
        self.site = self.page.url.rpartition("/")[2]
        self.shop.snippet = self.page.get_by_role("region", name="Snippet").inner_text()

    def set_up_site(self) -> None:
        self.save("General", {"Address of your privacy notice": NOTICE})
        self.save("Knowledge", {"Knowledge text": "Open from Wednesday to Saturday."})
        self.save("Consent", {"Consent text (English)": CONSENT})

    def save(self, part: str, values: dict[str, str]) -> None:
        panel = self.page.get_by_role("region", name=part, exact=True)
        for label, value in values.items():
            panel.get_by_label(label).fill(value)
        with self.page.expect_response(lambda answer: answer.request.method == "PATCH") as saved:
            panel.get_by_role("button", name="Save").click()
        assert saved.value.status == 200, saved.value.text()

    def make_key(self) -> str:
        self.go("API keys")
        press(self.page, "Make a key")
        asked = dialog(self.page)
        asked.get_by_label("Name").fill("till")
        asked.get_by_role("button", name="Make a key").click()
        key = dialog(self.page).locator("code").inner_text()
        press(self.page, "I have stored it")
        return key

    def delete(self, word: str = "DELETE") -> None:
        press(self.page, "Delete")
        confirm(self.page, word)
        expect(self.page.get_by_role("dialog")).to_have_count(0)


def look_again(page: Page) -> None:
    """As whoever comes back to this tab: what is new is asked for at once."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@contextmanager
def newcomer(stack: dict[str, Any], browser: Browser) -> Iterator[Customer]:
    """Signed up with a link of the outbox; the snippet of their new site stands in their shop."""
    origin = stack["api"].split("/_aws/")[0]
    with serve_shop_page() as shop, watched_profile(browser, origins=(origin,)) as profile:
        name = secrets.token_hex(3)
        customer = Customer(stack, profile, shop, f"founder-{name}@example.com", f"Shop {name}")
        customer.sign_up()
        customer.add_site()
        yield customer
