"""What a page view costs the visitor: one script, one anonymous ping, nothing kept."""

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.fake_api import SITE, FakeApi, answer
from tests.browser.shop import Shop
from tests.browser.visitor import (
    NOTHING,
    answers,
    fill_lead,
    open_panel,
    panel,
    say,
    stored,
    submit,
    visit,
)


def pings(api: FakeApi) -> list[str]:
    return [request.query["p"][0] for request in api.of("GET", "/p.gif")]


def test_a_page_view_is_one_script_and_one_pixel(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))  # noqa: PLW0108 - Playwright cannot hold a built-in method

    with page.expect_response("**/p.gif*"):
        visit(page, shop.origin, "/product.html")

    own = [request.url for request in seen if request.url.startswith(fake_api.origin)]
    pixel = f"{fake_api.origin}/v1/sites/{SITE}/p.gif?p=%2Fproduct.html"
    assert own == [f"{fake_api.origin}/widget.js", pixel]
    assert all(request.url.startswith((shop.origin, fake_api.origin, "data:")) for request in seen)


def test_nothing_is_stored_by_a_page_view(page: Page, shop: Shop) -> None:
    with page.expect_response("**/p.gif*"):
        visit(page, shop.origin)
    assert stored(page) == NOTHING


def test_a_chat_keeps_one_session_key_and_nothing_else(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("Yes.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    answers(page).get_by_text("Yes.").wait_for()
    assert stored(page) == {**NOTHING, "session": ["leadlayer"]}


def test_no_request_leaves_for_a_third_party(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    fake_api.turns = [answer("See https://shop.example/a and https://evil.example/b")]

    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    answers(page).get_by_text("evil").wait_for()

    assert {host for host in hosts if host.startswith("http")} == {shop.origin, fake_api.origin}


@pytest.mark.parametrize(
    "signal",
    [
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
        "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
    ],
    ids=["global privacy control", "do not track"],
)
def test_an_objection_sends_no_pixel(
    fresh_page: Page, shop: Shop, fake_api: FakeApi, signal: str
) -> None:
    fresh_page.add_init_script(signal)
    visit(fresh_page, shop.origin)
    open_panel(fresh_page)
    assert pings(fake_api) == []


def test_a_page_may_turn_the_pixel_off(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    shop.tag = 'data-pixel="off"'
    visit(page, shop.origin)
    page.evaluate("LeadLayer.consent(true)")
    open_panel(page)
    assert pings(fake_api) == []


def test_with_pixel_consent_the_ping_waits_for_it(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    shop.tag = 'data-pixel="consent"'
    visit(page, shop.origin)
    page.evaluate("LeadLayer.consent(false)")
    open_panel(page)
    assert pings(fake_api) == []

    with page.expect_response("**/p.gif*"):
        page.evaluate("LeadLayer.consent(true)")

    (ping,) = fake_api.of("GET", "/p.gif")
    assert ping.query == {"p": ["/"], "c": ["1"]}


def test_nothing_of_the_page_but_its_scrubbed_path_is_sent(
    browser: Browser, shop: Shop, fake_api: FakeApi
) -> None:
    page = browser.new_page(locale="en-GB")
    cookie = {"name": "canary", "value": "canary-cookie", "url": shop.origin}
    page.context.add_cookies([cookie])
    fake_api.turns = [answer("Yes.")]
    visit(page, shop.origin, "/u/canary%40example.nl/order/20261123?q=canary-query#canary-fragment")
    page.evaluate("document.title = 'canary-title'; localStorage.canary = 'canary-stored'")
    open_panel(page)
    say(page, "Hello")
    answers(page).get_by_text("Yes.").wait_for()
    panel(page).get_by_role("button", name="Leave your details").click()
    form = panel(page).locator("form")
    fill_lead(form, consent=True)
    submit(form)
    panel(page).get_by_text("Thank you!").last.wait_for()
    page.close()

    assert pings(fake_api) == ["/u/:id/order/:id"]
    assert fake_api.of("POST", "/chat")[0].json["page"] == "/u/:id/order/:id"
    assert fake_api.of("POST", "/leads")[0].json["page"] == "/u/:id/order/:id"
    # The browser itself sends the cookie with the page's script tag; the other requests are ours.
    ours = [request for request in fake_api.requests if request.path != "/widget.js"]
    sent = "\n".join(f"{one.query} {one.headers} {one.body}" for one in ours)
    assert "canary" not in sent
    assert "20261123" not in sent
    assert all("cookie" not in one.headers and "referer" not in one.headers for one in ours)


SCRUBBED = {
    "/shoes/summer-collection/": "/shoes/summer-collection",
    "/datenschutzerklaerung": "/datenschutzerklaerung",
    "/reset/eyJhbGci.eyJzdWIi.c2ln": "/reset/:id",
    "/o/550e8400-e29b-41d4-a716-446655440000": "/o/:id",
    "/k/deadbeefcafebabe": "/k/:id",
    "/k/aBcdEfghIjklMnop": "/k/:id",
    "/k/abcdefgh_1jklmno": "/k/:id",
    "/call/06-12-3": "/call/:id",
    "/call/06-1": "/call/06-1",
    "/u/a%2540b": "/u/:id",
    "/u/%E0%A4%A": "/u/:id",
    "/u;id=x/b": "/:id/b",
    "/1/2/3/4/5/6/7/8": "/1/2/3/4/5/6",
    "/" + "long" * 50: "/" + ("long" * 50)[:159],
}


def test_each_new_path_of_a_single_page_shop_is_one_scrubbed_ping(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    visit(page, shop.origin)
    for path in SCRUBBED:
        with page.expect_response("**/p.gif*"):
            page.evaluate("path => history.pushState(null, '', path)", path)
        page.evaluate("path => history.replaceState(null, '', path + '?page=2#top')", path)
    assert pings(fake_api) == ["/", *SCRUBBED.values()]


def test_a_second_tag_on_the_page_changes_nothing(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    visit(page, shop.origin)
    page.evaluate(
        """async (src) => {
          const script = document.createElement("script");
          Object.assign(script, {src, async: true});
          script.dataset.site = "site_demo";
          const loaded = new Promise((done) => (script.onload = done));
          document.head.append(script);
          await loaded;
        }""",
        f"{fake_api.origin}/widget.js",
    )
    open_panel(page)
    assert page.locator("leadlayer-widget").count() == 1
    assert len(pings(fake_api)) == 1


def test_the_page_gets_one_name_with_three_methods(fresh_page: Page, shop: Shop) -> None:
    fresh_page.goto(f"{shop.origin}/style.css")
    before = set(fresh_page.evaluate("Object.getOwnPropertyNames(window)"))
    visit(fresh_page, shop.origin)
    after = set(fresh_page.evaluate("Object.getOwnPropertyNames(window)"))
    assert after - before - {"0"} == {"LeadLayer"}
    assert fresh_page.evaluate("Object.keys(LeadLayer)") == ["open", "close", "consent"]
