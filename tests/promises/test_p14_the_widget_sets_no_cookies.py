"""P14: no cookie, storage, database or cache; one session key, and only once the chat is open.

More of the widget's manners are in tests/browser; these are the ones that the policy promises.
"""

import pytest
from playwright.sync_api import Page

from tests.browser.fake_api import FakeApi, answer
from tests.browser.shop import Shop
from tests.browser.visitor import NOTHING, answers, open_panel, say, stored, visit


def test_two_page_loads_leave_nothing_behind(page: Page, shop: Shop):
    for path in ("/", "/product.html"):
        with page.expect_response("**/p.gif*"):
            visit(page, shop.origin, path)

    assert stored(page) == NOTHING


def test_an_opened_chat_keeps_one_session_key_and_nothing_else(
    page: Page, shop: Shop, fake_api: FakeApi
):
    fake_api.turns = [answer("Ja.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hallo")
    answers(page).get_by_text("Ja.").wait_for()

    assert stored(page) == {**NOTHING, "session": ["leadlayer"]}


@pytest.mark.parametrize(
    "fault",
    [
        "document.cookie = 'visitor=1'",
        "localStorage.setItem('visitor', '1')",
        "sessionStorage.setItem('visitor', '1')",
        # Closed again, or the clean-up would wait for it.
        (
            "new Promise(done => { indexedDB.open('visitor').onsuccess = "
            "event => { event.target.result.close(); done() } })"
        ),
        "caches.open('visitor')",
    ],
)
def test_twin_whatever_a_page_stores_is_seen(fresh_page: Page, shop: Shop, fault: str):
    visit(fresh_page, shop.origin)
    fresh_page.evaluate(f"async () => {{ await ({fault}) }}")

    try:
        assert stored(fresh_page) != NOTHING
    finally:
        fresh_page.context.clear_cookies()
        fresh_page.evaluate(CLEAR)


CLEAR = """async () => {
  localStorage.clear();
  sessionStorage.clear();
  for (const name of await caches.keys()) await caches.delete(name);
  for (const {name} of await indexedDB.databases()) {
    await new Promise(done => { indexedDB.deleteDatabase(name).onsuccess = done });
  }
}"""
