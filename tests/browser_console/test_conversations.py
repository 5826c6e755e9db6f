"""Live conversations: followed, taken over, answered, given back, deleted."""

from playwright.sync_api import Locator, Page, expect

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.fake_routes import say
from tests.browser_console.person import confirm, cut, enter, press, rows, title
from tests.tab_clock import hold, wait

ID = "01CONV9998"
CONVERSATION = f"conversations/{demo.SITE}/{ID}"


def said(page: Page) -> Locator:
    return page.get_by_role("log").locator(".said")


def answer_box(page: Page) -> Locator:
    return page.get_by_label("Your answer to the visitor")


def test_the_list_says_who_answers(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "conversations")

    expect(rows(signed_in)).to_have_count(5)
    expect(rows(signed_in).nth(2)).to_contain_text("Human")
    expect(rows(signed_in).nth(1)).to_contain_text("AI")


def test_it_says_who_said_what(signed_in: Page, api: FakeConsole) -> None:
    say(api, ID, "staff", "Let me look.")
    enter(signed_in, api, CONVERSATION)

    speakers = ("Visitor", "AI assistant", "Visitor", "AI assistant", "Colleague")
    for number, who in enumerate(speakers):
        expect(said(signed_in).nth(number).locator(".by")).to_contain_text(who)


def test_messages_arrive_by_themselves_and_only_new_ones_are_asked_for(
    timed: Page, api: FakeConsole
) -> None:
    enter(timed, api, CONVERSATION)
    expect(said(timed)).to_have_count(4)
    hold(timed)
    say(api, ID, "visitor", "Are you there?")

    wait(timed, 3)

    expect(said(timed).last).to_contain_text("Are you there?")
    assert api.called("GET", f"{ID}/messages")[0].query == {"after": f"{ID}M3"}


def test_it_is_asked_more_rarely_after_failures_and_when_nothing_happens(
    timed: Page, api: FakeConsole
) -> None:
    path = f"GET sites/{demo.SITE}/conversations/{ID}/messages"
    enter(timed, api, CONVERSATION)
    expect(said(timed)).to_have_count(4)
    hold(timed)
    api.faults[path] = [Refused(500, "internal") for _ in range(3)]
    for _ in range(4):
        wait(timed, 3)

    assert len(api.called("GET", "/messages")) == 2


def test_somebody_takes_over_answers_and_hands_back(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, CONVERSATION)
    expect(answer_box(signed_in)).to_have_count(0)
    press(signed_in, "Take over")
    expect(answer_box(signed_in)).to_be_focused()
    signed_in.keyboard.type("One")
    signed_in.keyboard.press("Shift+Enter")
    signed_in.keyboard.type("two")
    signed_in.keyboard.press("Enter")

    expect(said(signed_in).last).to_contain_text("Colleague")
    expect(said(signed_in).last.locator(".words")).to_have_text("One\ntwo")
    expect(answer_box(signed_in)).to_have_value("")
    assert api.called("POST", "/messages")[0].body == {"text": "One\ntwo"}

    press(signed_in, "Hand back to the AI")
    expect(answer_box(signed_in)).to_have_count(0)
    expect(signed_in.locator(".head .state")).to_have_text("AI")


def test_an_answer_that_was_not_sent_stays_in_the_box(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, CONVERSATION)
    press(signed_in, "Take over")
    cut(signed_in, f"sites/{demo.SITE}/conversations/{ID}/messages")
    answer_box(signed_in).fill("Certainly.")
    answer_box(signed_in).press("Enter")

    expect(signed_in.get_by_text("No connection.")).to_be_visible()
    expect(answer_box(signed_in)).to_have_value("Certainly.")
    answer_box(signed_in).press("Enter")
    expect(said(signed_in).last).to_contain_text("Certainly.")


def test_an_answer_to_a_conversation_that_was_given_back_waits_for_taking_over(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, CONVERSATION)
    press(signed_in, "Take over")
    answer_box(signed_in).fill("Certainly.")
    api.conversations[1].update(mode="ai", taken_by=None)
    answer_box(signed_in).press("Enter")

    expect(signed_in.get_by_role("button", name="Take over")).to_be_visible()
    press(signed_in, "Take over")
    expect(answer_box(signed_in)).to_have_value("Certainly.")


def test_a_colleague_taking_over_is_seen_while_looking(timed: Page, api: FakeConsole) -> None:
    enter(timed, api, CONVERSATION)
    api.conversations[1].update(mode="human", taken_by=demo.COLLEAGUE)
    for _ in range(7):
        wait(timed, 3)

    expect(timed.locator(".head .state")).to_have_text("Human")
    expect(timed.locator(".facts")).to_contain_text("Sanne Jansen")


def test_a_viewer_can_look_and_do_nothing(signed_in: Page, api: FakeConsole) -> None:
    api.role = "viewer"
    enter(signed_in, api, CONVERSATION)

    for name in ("Take over", "Delete"):
        expect(signed_in.get_by_role("button", name=name)).to_have_count(0)


def test_a_conversation_is_deleted_after_the_word_was_typed(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, CONVERSATION)
    press(signed_in, "Delete")
    confirm(signed_in, "DELETE")

    expect(title(signed_in)).to_have_text("Conversations")
    assert ID not in {one["id"] for one in api.conversations}
