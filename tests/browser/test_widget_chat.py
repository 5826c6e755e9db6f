"""A conversation: streamed as it comes, asked once, never lost, and only ever text."""

import re
import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_api import (
    CONVERSATION,
    TOKEN,
    FakeApi,
    Step,
    answer,
    cut,
    event,
    json_reply,
    pause,
    problem,
    raw,
    start,
    wait_for,
)
from tests.browser.shop import Shop
from tests.browser.visitor import (
    answers,
    message_box,
    open_panel,
    panel,
    say,
    stored,
    visit,
    warning,
)

KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")


def test_the_first_text_is_visible_before_the_second_is_sent(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    gate = threading.Event()
    first, second = (event("delta", {"text": text}) for text in ("First", " second"))
    fake_api.turns = [[start(), first, wait_for(gate), second, event("done", {})]]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")

    expect(answers(page).last).to_have_text("First")
    expect(panel(page).get_by_role("log")).to_have_attribute("aria-busy", "true")
    gate.set()

    expect(answers(page).last).to_have_text("First second")
    expect(panel(page).get_by_role("log")).to_have_attribute("aria-busy", "false")


def test_a_broken_answer_is_asked_again_with_the_same_key_and_body(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    seen = threading.Event()
    half = [start(), event("delta", {"text": "Half an"}), wait_for(seen), cut]
    fake_api.turns = [half, answer("Half an answer, ", "whole.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Do not lose me")
    expect(answers(page).last).to_have_text("Half an")
    message_box(page).fill("Typed meanwhile")
    seen.set()

    expect(panel(page).locator(".ai i")).to_have_text("The answer broke off.")
    warning(page).get_by_role("button", name="Try again").click()

    expect(answers(page)).to_have_text(
        ["Hello! What can I help you with?", "Half an answer, whole."]
    )
    expect(panel(page).locator(".you > span")).to_have_text(["Do not lose me"])
    expect(message_box(page)).to_have_value("Typed meanwhile")
    expect(warning(page)).to_be_hidden()
    first, again = fake_api.of("POST", "/chat")
    assert KEY.fullmatch(first.headers["idempotency-key"])
    assert again.headers["idempotency-key"] == first.headers["idempotency-key"]
    assert again.body == first.body


def test_an_answer_without_its_end_counts_as_broken(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [[start(), event("delta", {"text": "Half"})]]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    expect(warning(page)).to_contain_text("The answer broke off.")


def test_a_double_click_asks_once(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    gate = threading.Event()
    fake_api.turns = [[wait_for(gate), *answer("Yes.")], answer("Twice.")]
    visit(page, shop.origin)
    open_panel(page)
    message_box(page).fill("Once")
    panel(page).get_by_role("button", name="Send").dblclick()
    say(page, "While busy")
    gate.set()

    expect(answers(page).last).to_have_text("Yes.")
    expect(message_box(page)).to_have_value("While busy")
    assert len(fake_api.of("POST", "/chat")) == 1


def test_each_message_has_its_own_key_and_carries_the_conversation(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("One."), answer("Two.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "First")
    expect(answers(page).last).to_have_text("One.")
    say(page, "Second")
    expect(answers(page).last).to_have_text("Two.")

    first, second = fake_api.of("POST", "/chat")
    assert first.json == {"message": "First", "page": "/", "language": "en"}
    assert second.json == {
        **first.json,
        "message": "Second",
        "conversation": CONVERSATION,
        "token": TOKEN,
    }
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]
    assert first.headers["accept"] == "text/event-stream"


def test_a_page_change_continues_the_conversation(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    fake_api.turns = [answer("One."), answer("Two.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "First")
    expect(answers(page).last).to_have_text("One.")

    visit(page, shop.origin, "/product.html")
    open_panel(page)
    expect(answers(page).last).to_have_text("One.")
    say(page, "Second")
    expect(answers(page).last).to_have_text("Two.")

    second = fake_api.of("POST", "/chat")[1].json
    assert (second["conversation"], second["page"]) == (CONVERSATION, "/product.html")


def test_a_page_change_in_the_middle_of_an_answer_keeps_key_and_question(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    gate = threading.Event()
    fake_api.turns = [
        [start(), event("delta", {"text": "Half"}), wait_for(gate)],
        answer("Whole."),
    ]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Where was I?")
    expect(answers(page).last).to_have_text("Half")
    visit(page, shop.origin, "/product.html")
    gate.set()
    open_panel(page)
    warning(page).get_by_role("button", name="Try again").click()

    expect(answers(page).last).to_have_text("Whole.")
    first, again = fake_api.of("POST", "/chat")
    assert again.headers["idempotency-key"] == first.headers["idempotency-key"]
    assert again.body == first.body


def test_what_the_model_writes_stays_text(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    text = (
        '<img src=x onerror="window.pwned=1"> **bold** ![i](https://evil.example/a.png) '
        "https://evil.example/b https://shop.example.evil.example/c "
        "https://shop.example@evil.example "
        f"https://shop.example/?q={'a' * 101} javascript:alert(1) (https://shop.example/ok?a=1)."
    )
    fake_api.turns = [answer(text[:20], text[20:])]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")

    expect(answers(page).last).to_have_text(text)
    link = answers(page).last.locator("a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://shop.example/ok?a=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    assert panel(page).locator("img, script, iframe").count() == 0
    assert page.evaluate("window.pwned") is None


def test_events_survive_odd_line_ends_and_split_characters(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    stream = (
        ": a comment\r\n\r\nevent: start\r\ndata: "
        f'{{"conversation": "{CONVERSATION}",\r\ndata: "token": "{TOKEN}"}}\r\n\r\n'
        'event:delta\rdata:{"text": "na\u00efve \u20ac 5"}\r\revent: later\ndata: {}\n\n'
        "event: done\r\ndata: {}\r\n\r\n"
    ).encode()
    inside_line_end = stream.index(b",\r\ndata") + 2
    inside_euro = stream.index("\u20ac".encode()) + 1
    fake_api.turns = [
        [
            raw(stream[:inside_line_end]),
            pause,
            raw(stream[inside_line_end:inside_euro]),
            pause,
            raw(stream[inside_euro:]),
        ]
    ]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    expect(answers(page).last).to_have_text("na\u00efve \u20ac 5")
    expect(warning(page)).to_be_hidden()


def test_a_buffered_answer_is_shown_too(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    fake_api.turns = [[json_reply("All at once.", lead_captured=True)], answer("More.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    expect(answers(page).last).to_have_text("All at once.")
    expect(panel(page).locator(".note")).to_have_text("Thank you! Your details have been sent.")
    say(page, "Go on")
    expect(answers(page).last).to_have_text("More.")
    assert fake_api.of("POST", "/chat")[1].json["token"] == TOKEN


def test_details_left_in_the_conversation_are_confirmed(
    page: Page, shop: Shop, fake_api: FakeApi
) -> None:
    lead = event("lead", {"captured": True})
    whole = answer("Noted.")
    fake_api.turns = [[whole[0], lead, *whole[1:]]]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "I am Noor, noor@example.nl")
    expect(answers(page).last).to_have_text("Noted.")
    expect(panel(page).locator(".note")).to_have_text("Thank you! Your details have been sent.")


@pytest.mark.parametrize(
    "failure",
    [
        (problem(429, "too_many_requests", retry_after=20), "then try again. (20 s)", True),
        (problem(409, "conversation_busy"), "Please wait a moment", True),
        (problem(429, "daily_limit_reached"), "Leave your details.", False),
        (problem(503, "model_unavailable"), "cannot be reached", True),
        (problem(403, "origin_not_allowed"), "not been set up", False),
        (problem(500, "never_heard_of_it"), "Something went wrong", True),
        (event("error", {"code": "model_unavailable", "retryable": True}), "be reached", True),
        (event("error", {"code": "internal", "retryable": False}), "went wrong", False),
    ],
)
def test_each_failure_says_what_to_do(
    page: Page, shop: Shop, fake_api: FakeApi, failure: tuple[Step, str, bool]
) -> None:
    step, sentence, can_retry = failure
    fake_api.turns = [[step]]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Hello")
    expect(warning(page)).to_contain_text(sentence)
    expect(warning(page).get_by_role("button")).to_have_count(int(can_retry))
    expect(panel(page).locator(".you > span")).to_have_text("Hello")


@pytest.mark.parametrize("code", ["conversation_full", "invalid_conversation_token"])
def test_an_ended_conversation_goes_on_as_a_new_one(
    page: Page, shop: Shop, fake_api: FakeApi, code: str
) -> None:
    fake_api.turns = [answer("One."), [problem(409, code)], answer("Fresh.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "First")
    expect(answers(page).last).to_have_text("One.")
    say(page, "Second")
    warning(page).get_by_role("button", name="Try again").click()

    expect(answers(page).last).to_have_text("Fresh.")
    _, refused, fresh = fake_api.of("POST", "/chat")
    assert "conversation" not in fresh.json
    assert fresh.json["message"] == "Second"
    assert fresh.headers["idempotency-key"] != refused.headers["idempotency-key"]


def test_a_visitor_can_delete_the_conversation(page: Page, shop: Shop, fake_api: FakeApi) -> None:
    fake_api.turns = [answer("One.")]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "First")
    expect(answers(page).last).to_have_text("One.")
    panel(page).locator("header").get_by_role("button", name="Delete conversation").click()
    warning(page).get_by_role("button", name="Keep").click()
    assert fake_api.of("DELETE", CONVERSATION) == []

    panel(page).locator("header").get_by_role("button", name="Delete conversation").click()
    warning(page).get_by_role("button", name="Delete conversation").click()

    expect(panel(page).get_by_role("status")).to_have_text("Conversation deleted.")
    expect(panel(page).locator(".you")).to_have_count(0)
    (gone,) = fake_api.of("DELETE", f"/conversations/{CONVERSATION}")
    assert gone.headers["authorization"] == f"Bearer {TOKEN}"
    assert stored(page)["session"] == []
