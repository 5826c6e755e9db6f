"""Signing in: a link by mail, this browser only, and back to where one was."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser_console.demo_data import EMAIL
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.person import confirm, cut, dialog, enter, kept, press, rows, title


def ask_for_link(page: Page, api: FakeConsole, path: str = "") -> None:
    enter(page, api, path)
    page.get_by_label("E-mail address").fill(EMAIL)
    press(page, "Mail me a link")
    expect(title(page)).to_have_text("Look into your mailbox")


def test_a_link_signs_in_and_leaves_no_trace_of_itself(page: Page, api: FakeConsole) -> None:
    ask_for_link(page, api)

    page.goto(api.mail_link("one"))

    expect(title(page)).to_have_text("Leads")
    expect(page).to_have_url(f"{api.url}#/leads")
    assert set(kept(page)) == {"leadlayer.session"}


def test_the_token_goes_into_the_header_and_nowhere_else(page: Page, api: FakeConsole) -> None:
    ask_for_link(page, api)
    page.goto(api.mail_link("one"))
    expect(rows(page)).not_to_have_count(0)

    assert api.called("GET", "leads")[0].headers["authorization"] == "Bearer lls_one"
    assert page.context.cookies() == []
    for call in api.calls:
        assert "lls_one" not in f"{call.path}{call.query}{call.body}"
        assert not {"cookie", "referer"} & set(call.headers)


def test_the_tab_that_asked_comes_along_when_the_link_opens_another(
    page: Page, api: FakeConsole
) -> None:
    ask_for_link(page, api, "conversations?state=open")
    other = page.context.new_page()

    other.goto(api.mail_link("one"))

    for tab in (other, page):
        expect(title(tab)).to_have_text(re.compile("Conversations|Leads"))
    expect(other).to_have_url(f"{api.url}#/conversations?state=open")


def test_two_mails_asked_for_one_after_the_other_both_work(page: Page, api: FakeConsole) -> None:
    ask_for_link(page, api)
    first = api.mail_link("one")
    press(page, "Use another address")
    ask_for_link(page, api)

    page.goto(first)

    expect(title(page)).to_have_text("Leads")


def test_a_link_in_another_browser_explains_itself_and_is_not_sent(
    page: Page, api: FakeConsole
) -> None:
    enter(page, api, "sign-in/of-another-browser")

    expect(page.get_by_role("alert")).to_contain_text("only in the browser that asked for it")
    assert api.called("POST", "sessions") == []
    page.get_by_role("link", name="Ask for a new link").click()
    expect(page.get_by_label("E-mail address")).to_be_visible()


def test_a_used_link_says_so_and_offers_a_new_one(page: Page, api: FakeConsole) -> None:
    ask_for_link(page, api)

    page.goto(f"{api.url}#/sign-in/used")

    expect(page.get_by_role("alert")).to_contain_text("The link was used")
    expect(page.get_by_role("link", name="Ask for a new link")).to_be_visible()


def test_a_link_followed_without_connection_can_be_tried_again(
    page: Page, api: FakeConsole
) -> None:
    ask_for_link(page, api)
    cut(page, "sessions")
    page.goto(api.mail_link("one"))

    expect(page.get_by_role("alert")).to_contain_text("No connection.")
    press(page, "Try again")

    expect(title(page)).to_have_text("Leads")


def test_somebody_with_several_accounts_chooses_one(page: Page, api: FakeConsole) -> None:
    ask_for_link(page, api)
    accounts = [{"id": "a_kiln", "name": "Kiln & Co."}, {"id": "a_two", "name": "Second"}]

    page.goto(api.mail_link("one", accounts))
    press(page, "Second")

    expect(title(page)).to_have_text("Leads")
    assert api.called("POST", "sessions")[-1].body["account"] == "a_two"


def test_a_new_account_is_asked_for_with_its_name(page: Page, api: FakeConsole) -> None:
    enter(page, api)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name of the account").fill("Kiln & Co.")
    page.get_by_label("E-mail address").fill(EMAIL)
    press(page, "Mail me a link")

    expect(title(page)).to_have_text("Look into your mailbox")
    body = api.called("POST", "sign-up")[0].body
    assert len(body.pop("challenge")) == 43
    assert body == {"account_name": "Kiln & Co.", "email": EMAIL, "language": "en"}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Refused(429, "too_many_requests"), "too much at once"),
        (Refused(500, "internal"), "on our side"),
    ],
)
def test_an_address_that_could_not_be_sent_is_still_there(
    page: Page, api: FakeConsole, fault: Refused, words: str
) -> None:
    api.faults["POST sign-in"] = [fault]
    enter(page, api)
    page.get_by_label("E-mail address").fill(EMAIL)
    press(page, "Mail me a link")

    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_label("E-mail address")).to_have_value(EMAIL)


def test_an_address_typed_without_connection_is_sent_again(page: Page, api: FakeConsole) -> None:
    enter(page, api)
    page.get_by_label("E-mail address").fill(EMAIL)
    cut(page, "sign-in")
    press(page, "Mail me a link")
    expect(page.get_by_role("alert")).to_contain_text("No connection.")

    press(page, "Mail me a link")

    expect(title(page)).to_have_text("Look into your mailbox")


def test_what_is_no_address_is_said_beside_the_field(page: Page, api: FakeConsole) -> None:
    enter(page, api)
    field = page.get_by_label("E-mail address")
    field.fill("joris")
    press(page, "Mail me a link")

    expect(field).to_be_focused()
    expect(field).to_have_accessible_description("This is not an e-mail address.")
    assert api.called("POST", "sign-in") == []


def test_a_session_that_ends_leads_back_to_the_same_place(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "conversations")
    api.tokens.clear()
    signed_in.evaluate("location.hash = '#/leads'")

    expect(title(signed_in)).to_have_text("Sign in")
    expect(signed_in.locator("nav")).to_have_count(0)
    assert "leadlayer.session" not in kept(signed_in)
    ask_for_link(signed_in, api, "sign-in")
    signed_in.goto(api.mail_link("one"))
    expect(signed_in).to_have_url(f"{api.url}#/leads")


def test_signing_out_ends_the_session_here_and_at_the_api(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "leads")
    other = signed_in.context.new_page()
    enter(other, api, "leads")

    press(signed_in, "Sign out")

    for tab in (signed_in, other):
        expect(title(tab)).to_have_text("Sign in")
        expect(tab.get_by_text("Noor de Wit")).to_have_count(0)
    assert "lls_first" not in api.tokens
    assert not {"leadlayer.session", "leadlayer.verifier"} & set(kept(signed_in))


def test_a_recent_sign_in_is_asked_for_and_what_was_begun_goes_on(
    signed_in: Page, api: FakeConsole
) -> None:
    api.recent = False
    enter(signed_in, api, "account")
    press(signed_in, "Terminate the account")
    confirm(signed_in, "Kiln & Co.", "Terminate the account")
    expect(dialog(signed_in)).to_contain_text("Sign in once more")
    press(signed_in, "Mail me a link")
    expect(dialog(signed_in)).to_contain_text(f"on its way to {EMAIL}")

    other = signed_in.context.new_page()
    other.goto(api.mail_link("again"))

    expect(signed_in.get_by_role("dialog")).to_have_count(0)
    expect(signed_in.get_by_label("This account is terminated.")).to_be_visible()
    expect(other).to_have_url(f"{api.url}#/account")
    assert "lls_first" not in api.tokens


def test_a_recent_sign_in_that_is_not_given_changes_nothing(
    signed_in: Page, api: FakeConsole
) -> None:
    api.recent = False
    enter(signed_in, api, "account")
    press(signed_in, "Terminate the account")
    confirm(signed_in, "Kiln & Co.", "Terminate the account")
    expect(dialog(signed_in)).to_contain_text("Sign in once more")
    dialog(signed_in).get_by_role("button", name="Cancel").click()

    box = dialog(signed_in).get_by_role("textbox")
    expect(box).to_have_value("Kiln & Co.")
    expect(dialog(signed_in)).to_contain_text("within the last 10 minutes")
    assert api.state == "active"


def hear(page: Page, token: str) -> None:
    """What a browser tells a page when another of its tabs signs in."""
    page.evaluate(
        """(token) => {
          localStorage.setItem("leadlayer.session", token);
          dispatchEvent(new StorageEvent("storage", { key: "leadlayer.session", newValue: token }));
        }""",
        token,
    )


def asking_who(page: Page, url: str) -> Route:
    """A page that has been opened, and its question who is signed in, which is not answered yet."""
    held: list[Route] = []
    page.route("**/v1/account", lambda route: held.append(route), times=1)  # noqa: PLW0108  # a built-in cannot be wrapped
    page.goto(url)
    while not held:
        page.wait_for_timeout(10)
    return held[0]


def test_late_news_of_the_sign_in_that_a_page_began_with_moves_it_nowhere(
    signed_in: Page, api: FakeConsole
) -> None:
    question = asking_who(signed_in, f"{api.url}#/sites")

    hear(signed_in, "lls_first")
    question.continue_()

    expect(title(signed_in)).to_have_text("Sites")
    expect(rows(signed_in)).to_have_count(2)
    assert len(api.called("GET", "account")) == 1


def test_a_page_that_loads_while_another_tab_signs_in_stays_and_shows_the_new_account(
    signed_in: Page, api: FakeConsole
) -> None:
    api.tokens.add("lls_second")
    question = asking_who(signed_in, f"{api.url}#/sites")

    hear(signed_in, "lls_second")
    question.fulfill(json=api.account() | {"name": "Who was here before"})

    expect(title(signed_in)).to_have_text("Sites")
    expect(signed_in.get_by_text("Kiln & Co.", exact=True)).to_be_visible()
    expect(signed_in.get_by_text("Who was here before")).to_have_count(0)
    asked = [call.headers["authorization"] for call in api.called("GET", "account")]
    assert set(asked) == {"Bearer lls_second"}
