"""The preview of a widget: what is typed is seen at once, and nothing is sent or stored."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole
from tests.browser_console.person import enter

SITE = f"sites/{demo.SITE}"


def preview(page: Page) -> Locator:
    """The widget in the frame; while another one replaces it, the new one."""
    return page.frame_locator("iframe[title='Preview']").locator("leadlayer-widget").last


def open_preview(page: Page, api: FakeConsole) -> Locator:
    enter(page, api, SITE)
    frame = preview(page)
    expect(frame.get_by_role("log")).to_contain_text("Waarmee kan ik je helpen")
    return frame


def sent(api: FakeConsole) -> list[str]:
    """What reached the server that a visitor's widget would send; reading is no sending."""
    widget = re.compile(r"chat|leads|p\.gif|conversations|replies")
    return [
        f"{call.method} {call.path}"
        for call in api.calls
        if "authorization" not in call.headers
        and (call.method != "GET" or widget.search(call.path))
    ]


def talk_and_leave_details(page: Page, frame: Locator) -> None:
    frame.get_by_role("textbox").fill("Do you glaze?")
    frame.get_by_role("textbox").press("Enter")
    expect(frame.get_by_role("log")).to_contain_text("This is a preview.")
    frame.locator(".view > .quiet").first.click()
    frame.locator("#email").fill("visitor@example.org")
    frame.locator("[name=consent]").check()
    frame.locator("form button.main").click()


def test_an_unsaved_greeting_is_seen_while_typing_goes_on(timed: Page, api: FakeConsole) -> None:
    frame = open_preview(timed, api)
    box = timed.get_by_label("Greeting (Nederlands)")
    box.click()

    timed.keyboard.type("Welkom bij de oven!")
    timed.clock.run_for(1000)

    expect(frame.get_by_role("log")).to_contain_text("Welkom bij de oven!")
    expect(box).to_be_focused()
    assert api.called("PATCH", SITE) == []


def test_the_disclosure_is_the_service_s_own_in_the_chosen_language(
    signed_in: Page, api: FakeConsole
) -> None:
    frame = open_preview(signed_in, api)
    signed_in.locator(".preview select").select_option("en")

    expect(frame.locator("#ai-notice")).to_contain_text("You are talking to an AI assistant")


def test_the_form_in_the_preview_follows_the_settings(timed: Page, api: FakeConsole) -> None:
    frame = open_preview(timed, api)
    frame.locator(".view > .quiet").first.click()
    expect(frame.locator("#city")).to_be_visible()

    timed.get_by_role("region", name="Lead form").get_by_label("City").select_option("off")
    timed.clock.run_for(1000)

    expect(frame.locator("#city")).to_have_count(0)
    expect(frame.locator("#email")).to_be_visible()


def test_without_a_privacy_notice_the_preview_takes_nothing(timed: Page, api: FakeConsole) -> None:
    frame = open_preview(timed, api)
    timed.get_by_label("Address of your privacy notice").fill("")
    timed.clock.run_for(1000)

    expect(timed.get_by_text("Without a privacy notice visitors see this")).to_be_visible()
    expect(frame.get_by_role("textbox")).to_be_disabled()


def test_a_talk_and_a_lead_in_the_preview_send_and_store_nothing(
    signed_in: Page, api: FakeConsole
) -> None:
    frame = open_preview(signed_in, api)

    talk_and_leave_details(signed_in, frame)

    expect(frame.locator("form")).to_have_count(0)
    assert sent(api) == []
    assert signed_in.evaluate("sessionStorage.getItem('leadlayer')") is None


def test_twin_a_preview_that_lets_requests_through_is_caught(
    signed_in: Page, api: FakeConsole
) -> None:
    answered = 'pathname.endsWith("/leads")) return answer(201, {});'
    let_through = 'pathname.endsWith("/leads")) return ask(wanted, {method});'

    def serve(route: Route) -> None:
        response = route.fetch()
        assert answered in response.text()
        route.fulfill(response=response, body=response.text().replace(answered, let_through))

    signed_in.route("**/preview.js", serve)
    frame = open_preview(signed_in, api)

    talk_and_leave_details(signed_in, frame)

    expect(frame.locator("form [role=alert]")).not_to_be_empty()
    assert sent(api) == [f"POST sites/{demo.SITE}/leads"]


def test_a_preview_listens_to_nobody_but_the_page_around_it(timed: Page, api: FakeConsole) -> None:
    frame = open_preview(timed, api)
    told = "{site: 'x', shown: {language: 'en'}}"
    for sender in ("origin: 'https://evil.example', source: window", "origin, source: null"):
        timed.evaluate(
            "() => frames[0].dispatchEvent("
            f"new MessageEvent('message', {{data: {told}, {sender}}}))",
        )
    timed.clock.run_for(1000)

    expect(frame.get_by_role("log")).to_contain_text("Waarmee kan ik je helpen")


def test_twin_the_page_around_it_is_listened_to(signed_in: Page, api: FakeConsole) -> None:
    frame = open_preview(signed_in, api)
    shown = "{language: 'en', languages: ['en'], greeting: 'Told', collecting: true, fields: [], "
    shown += "consent: {}, link_origins: []}"
    signed_in.evaluate(
        "() => frames[0].dispatchEvent(new MessageEvent('message', "
        f"{{data: {{site: '{demo.SITE}', shown: {shown}}}, origin, source: window}}))"
    )

    expect(frame.get_by_role("log")).to_contain_text("Told")
