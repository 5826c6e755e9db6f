"""A person answers: shown once, named, and asked for only while somebody can see it."""

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_api import (
    CONVERSATION,
    TOKEN,
    FakeApi,
    answer,
    event,
    json_reply,
    left_to_staff,
    problem,
    start,
    wait_for,
)
from tests.browser.shop import Shop
from tests.browser.visitor import (
    NOTHING,
    answers,
    notes,
    open_panel,
    panel,
    pass_time,
    say,
    staff_messages,
    stored,
    visit,
    wait,
    warning,
)
from tests.tab_clock import hold

JOINED = "A member of staff is answering now."
RETURNED = "The AI assistant is answering again."
# A page that hides itself, as one in a background tab is hidden.
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def begin(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    """A conversation with one answer of the assistant."""
    fake_api.turns.append(answer("I am not sure."))
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Is it in stock?")
    expect(answers(page).last).to_have_text("I am not sure.")
    expect(panel(page).locator("[aria-busy=true]")).to_have_count(0)
    hold(page)


def asked(fake_api: FakeApi) -> int:
    return len(fake_api.of("GET", "/replies"))


def forget(page: Page) -> None:
    """The visitor deletes the conversation."""
    panel(page).locator("header").get_by_role("button", name="Delete conversation").click()
    warning(page).get_by_role("button", name="Delete conversation").click()
    expect(panel(page).get_by_role("status")).to_have_text("Conversation deleted.")


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(HIDE, hidden)


def shut(page: Page, hidden: bool) -> None:
    if hidden:
        panel(page).get_by_role("button", name="Close").click()
    else:
        open_panel(page)


def test_a_message_of_staff_arrives_is_announced_and_named(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Yes, two of them.")
    wait(timed, 4)

    expect(staff_messages(timed)).to_have_text(["Yes, two of them."])
    expect(panel(timed).locator(".staff > b")).to_have_text("Staff: ")
    expect(panel(timed).locator(".staff > b")).to_be_visible()
    expect(panel(timed).locator(".ai > b")).to_have_text(["AI assistant: "] * 2)
    expect(panel(timed).locator(".ai > b").last).to_be_visible()
    # The note comes before what the person says, and both are in the live region.
    expect(panel(timed).get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(panel(timed).locator("[role=log] > div").nth(-2)).to_have_text(JOINED)
    (poll,) = fake_api.of("GET", "/replies")
    assert poll.headers["authorization"] == f"Bearer {TOKEN}"
    assert "cookie" not in poll.headers


@pytest.mark.parametrize(("language", "name"), [("nl", "Medewerker"), ("de", "Mitarbeiter")])
def test_staff_is_named_in_the_language_of_the_page(
    timed: Page, shop: Shop, fake_api: FakeApi, language: str, name: str
) -> None:
    shop.tag = f'data-language="{language}"'
    begin(timed, shop, fake_api)
    fake_api.staff("Ja.")
    wait(timed, 4)

    expect(panel(timed).locator(".staff")).to_have_text(f"{name}: Ja.")


def test_messages_are_there_once_after_the_page_is_loaded_again(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Yes, two of them.", "Shall I keep one?")
    wait(timed, 4)
    expect(staff_messages(timed)).to_have_count(2)

    timed.clock.resume()
    visit(timed, shop.origin, "/product.html")
    open_panel(timed)
    hold(timed)
    wait(timed, 9)
    fake_api.staff("Until six.")
    wait(timed, 4)

    expect(staff_messages(timed)).to_have_text(
        ["Yes, two of them.", "Shall I keep one?", "Until six."]
    )
    expect(notes(timed)).to_have_text([JOINED])
    assert fake_api.of("GET", "/replies")[-1].query == {"after": [f"{2:026}"]}


def test_a_message_to_staff_is_sent_and_nothing_pretends_that_the_ai_answers(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    gate = threading.Event()
    fake_api.mode = "human"
    fake_api.turns = [left_to_staff(), [wait_for(gate), *left_to_staff()]]
    say(timed, "Is anybody there?")
    expect(notes(timed)).to_have_text([JOINED])
    expect(answers(timed)).to_have_count(2)

    say(timed, "Hello?")
    expect(panel(timed).locator(".you > span").last).to_have_text("Hello?")
    expect(panel(timed).get_by_role("status")).to_have_text("")
    gate.set()

    expect(panel(timed).get_by_role("log")).to_have_attribute("aria-busy", "false")
    expect(notes(timed)).to_have_text([JOINED])
    expect(warning(timed)).to_be_hidden()


def test_a_whole_answer_says_so_too(timed: Page, shop: Shop, fake_api: FakeApi) -> None:
    begin(timed, shop, fake_api)
    fake_api.turns = [[json_reply("", human=True)]]
    say(timed, "Is anybody there?")

    expect(notes(timed)).to_have_text([JOINED])
    expect(answers(timed)).to_have_count(2)


@pytest.mark.parametrize("how", ["hears of it", "asks"])
def test_the_visitor_is_told_when_the_ai_answers_again(
    timed: Page, shop: Shop, fake_api: FakeApi, how: str
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Bye.")
    wait(timed, 4)
    fake_api.mode = "ai"
    if how == "asks":
        fake_api.turns = [answer("Hello again.")]
        say(timed, "One more thing")
        expect(answers(timed).last).to_have_text("Hello again.")
        expect(panel(timed).locator("[role=log] > div").nth(-2)).to_have_text(RETURNED)
    else:
        wait(timed, 4)

    expect(notes(timed)).to_have_text([JOINED, RETURNED])


def test_staff_that_came_and_went_between_two_questions_is_named_all_the_same(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Two are left.")
    fake_api.mode = "ai"
    wait(timed, 4)

    last = panel(timed).locator("[role=log] > div")
    expect(last.nth(-3)).to_have_text(JOINED)
    expect(last.nth(-2)).to_have_text("Staff: Two are left.")
    expect(last.nth(-1)).to_have_text(RETURNED)


def test_nothing_is_asked_before_there_is_a_conversation(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    visit(timed, shop.origin)
    open_panel(timed)
    wait(timed, 120)

    assert asked(fake_api) == 0


def test_every_four_seconds_while_a_person_answers(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.mode = "human"
    for count in range(1, 5):
        wait(timed, 4)
        assert asked(fake_api) == count


def test_ever_less_often_while_the_ai_answers_and_often_again_after_a_message(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    for seconds in (4, 15, 23, 34, 51, 60, 60):
        before = asked(fake_api)
        wait(timed, seconds - 2)
        assert asked(fake_api) == before
        wait(timed, 2)
        assert asked(fake_api) == before + 1

    fake_api.turns = [answer("Yes.")]
    say(timed, "And now?")
    expect(answers(timed).last).to_have_text("Yes.")
    before = asked(fake_api)
    wait(timed, 4)
    wait(timed, 15)
    assert asked(fake_api) == before + 2


def test_a_failing_server_is_asked_less_often_and_the_visitor_is_left_in_peace(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.mode = "human"
    wait(timed, 4)
    fake_api.reply_problems = [problem(500, "internal"), problem(429, "too_many_requests")]
    wait(timed, 4)
    assert asked(fake_api) == 2
    wait(timed, 8)
    assert asked(fake_api) == 2
    wait(timed, 60)
    wait(timed, 60)

    assert asked(fake_api) >= 4
    expect(warning(timed)).to_be_hidden()
    before = asked(fake_api)
    wait(timed, 4)
    assert asked(fake_api) == before + 1


@pytest.mark.parametrize("rest", [shut, hide])
def test_a_panel_that_nobody_sees_asks_nothing_and_a_seen_one_at_once(
    timed: Page, shop: Shop, fake_api: FakeApi, rest: Callable[[Page, bool], None]
) -> None:
    begin(timed, shop, fake_api)
    fake_api.mode = "human"
    wait(timed, 4)
    rest(timed, True)
    before = asked(fake_api)
    wait(timed, 120)
    assert asked(fake_api) == before

    fake_api.staff("Are you still there?")
    rest(timed, False)
    expect(staff_messages(timed)).to_have_text(["Are you still there?"])
    assert asked(fake_api) == before + 1
    wait(timed, 4)
    assert asked(fake_api) == before + 2


def test_questions_that_overlap_neither_double_a_message_nor_the_pace(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Yes, two of them.")
    for _ in range(5):
        hide(timed, False)
    wait(timed, 1)
    before = asked(fake_api)
    wait(timed, 4)

    assert asked(fake_api) == before + 1
    expect(staff_messages(timed)).to_have_text(["Yes, two of them."])
    expect(notes(timed)).to_have_text([JOINED])


def test_a_deleted_conversation_is_not_asked_for_any_more(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Yes, two of them.")
    wait(timed, 4)
    forget(timed)
    assert len(fake_api.of("DELETE", CONVERSATION)) == 1
    before = asked(fake_api)
    wait(timed, 120)

    assert asked(fake_api) == before
    expect(staff_messages(timed)).to_have_count(0)
    assert stored(timed)["session"] == []


def test_an_answer_that_comes_after_the_conversation_was_deleted_is_not_shown(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    gate = threading.Event()
    fake_api.replies_gate = gate
    fake_api.staff("Too late")
    with timed.expect_request("**/replies*"):
        pass_time(timed, 4)
    forget(timed)
    assert asked(fake_api) == 1
    gate.set()
    wait(timed, 1)

    expect(staff_messages(timed)).to_have_count(0)
    assert stored(timed)["session"] == []


def test_a_question_that_is_sent_again_does_not_lose_what_staff_said(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.turns = [[start(), event("delta", {"text": "Half"})], answer("Whole.")]
    say(timed, "How much?")
    expect(warning(timed)).to_contain_text("The answer broke off.")
    fake_api.staff("Forty euros.")
    fake_api.mode = "ai"
    wait(timed, 4)
    expect(staff_messages(timed)).to_have_text(["Forty euros."])

    warning(timed).get_by_role("button", name="Try again").click()
    expect(answers(timed).last).to_have_text("Whole.")
    wait(timed, 4)

    expect(staff_messages(timed)).to_have_text(["Forty euros."])


def test_what_staff_writes_stays_text_and_links_to_the_site_only(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    text = '<img src=x onerror="window.pwned=1"> https://evil.example/b https://shop.example/ok'
    begin(timed, shop, fake_api)
    fake_api.staff(text)
    wait(timed, 4)

    expect(staff_messages(timed)).to_have_text([text])
    expect(staff_messages(timed).locator("a")).to_have_attribute("href", "https://shop.example/ok")
    assert panel(timed).locator("img").count() == 0
    assert timed.evaluate("window.pwned") is None


def test_waiting_for_staff_keeps_nothing_but_the_session_key(
    timed: Page, shop: Shop, fake_api: FakeApi
) -> None:
    begin(timed, shop, fake_api)
    fake_api.staff("Yes, two of them.")
    wait(timed, 30)

    assert stored(timed) == {**NOTHING, "session": ["leadlayer"]}
