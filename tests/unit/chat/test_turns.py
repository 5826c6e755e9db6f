"""Who may ask, that the model is asked once, and what a visitor sees when an answer fails."""

from dataclasses import replace

import pytest

from leadlayer.chat.model import Delta, Done, Failed, ModelFailed, TextDelta, Usage
from leadlayer.chat.prompts import REFUSAL
from leadlayer.core.errors import Problem
from tests.fakes.conversations import InMemoryBudget, InMemoryConversations
from tests.fakes.model import USED, said
from tests.fakes.stage import BRIEF, KEY, kinds, likely, shown, stage

BROKEN = ModelFailed("model_stream_broken", retryable=True)
DOWN = ModelFailed("model_unavailable", retryable=True)
# What may go wrong, as the model's script, with the code that the visitor gets.
FAILURES = {
    "before the first token": ([DOWN], "model_unavailable"),
    "in mid-stream": ([TextDelta("Ja, wij "), BROKEN], "model_stream_broken"),
    "cut without an end": ([TextDelta("Ja, wij ")], "model_stream_broken"),
    "nothing said": (said(), "model_said_nothing"),
    "only white space": (said(" ", "\n"), "model_said_nothing"),
    "a bug of ours": ([TextDelta("Ja"), LookupError("jan@example.com")], "internal"),
}
failures = pytest.mark.parametrize(("script", "code"), FAILURES.values(), ids=FAILURES)


def test_an_answer_starts_streams_and_ends_and_is_kept():
    talk = stage(said("Goede", "morgen"))

    events = talk.ask("Hallo")

    assert kinds(events) == ["start", "delta", "done"]
    assert [event.text for event in events if isinstance(event, Delta)] == ["Goede", "morgen"]
    kept = [(m.turn, m.role, m.text) for m in talk.store.history(talk.head())]
    assert kept == [(1, "visitor", "Hallo"), (1, "assistant", "Goedemorgen")]


def test_the_model_reads_the_whole_conversation_in_order():
    talk = stage(said("Ja."), said("Blauw."))
    talk.ask("Fietsen?")

    talk.ask("Kleur?")

    assert talk.model.requests[1].messages == [
        {"role": "user", "content": "Fietsen?"},
        {"role": "assistant", "content": "Ja."},
        {"role": "user", "content": "Kleur?"},
    ]


def test_every_text_is_passed_on_before_the_next_is_read():
    told: list[str] = []
    talk = stage([TextDelta("een"), lambda: told.append("model goes on"), *said("twee")])

    told.extend(e.text for e in talk.answer(talk.open()) if isinstance(e, Delta))

    assert told == ["een", "model goes on", "twee"]


@failures
def test_a_failure_is_the_last_event_and_leaves_the_conversation_usable(script, code):
    talk = stage(script, said("Nu wel."))

    events = talk.ask()

    assert events[-1] == Failed(code, retryable=True)
    assert kinds(events).count("error") == 1
    assert not talk.store.is_locked(talk.head())
    assert kinds(talk.ask("Nog een keer")) == ["start", "delta", "done"]


@failures
def test_the_conversation_is_open_again_before_the_visitor_hears_of_a_failure(script, code):
    talk = stage(script, said("Nu wel."))

    for event in talk.answer(talk.open(retry=KEY)):
        if isinstance(event, Failed):
            assert talk.open(retry=KEY).state == "asking"
            break
    else:
        pytest.fail("the answer did not fail")


@failures
def test_a_failed_answer_is_not_kept_and_frees_what_was_set_aside(script, code):
    talk = stage(script)

    talk.ask()

    assert [message.role for message in talk.store.history(talk.head())] == ["visitor"]
    assert talk.budget.open == 0


def test_a_reader_who_goes_away_leaves_neither_lock_nor_reservation():
    talk = stage(said("een", "twee"))
    events = talk.answer(talk.open())
    next(events)
    next(events)

    events.close()  # type: ignore[attr-defined]

    assert not talk.store.is_locked(talk.head())
    assert talk.budget.open == 0


def test_a_reader_who_goes_away_after_the_end_changes_nothing():
    talk = stage(said("een"))
    events = talk.answer(talk.open(retry=KEY))
    while not isinstance(next(events), Done):
        pass

    events.close()  # type: ignore[attr-defined]

    assert talk.store.find_turn("s_demo", *KEY).state == "answered"


class BrokenStore(InMemoryConversations):
    def fail(self, turn):
        raise ConnectionError("jan@example.com")


class BrokenBudget(InMemoryBudget):
    def settle(self, site, reserved, *, used):
        raise ConnectionError("jan@example.com")


def test_one_error_is_told_when_the_store_fails_after_the_model(capsys):
    talk = stage([DOWN])
    talk.store = BrokenStore(talk.clock)
    talk.desk = replace(talk.desk, conversations=talk.store, budget=BrokenBudget())

    assert kinds(talk.ask()) == ["start", "error"]
    assert "jan@example.com" not in "".join(capsys.readouterr())


def test_a_refusal_of_the_model_is_said_in_the_language_of_the_conversation():
    talk = stage(said(stop_reason="refusal"), site=replace(BRIEF, language="de"))

    events = talk.ask()

    assert shown(events) == REFUSAL["de"]
    assert kinds(events)[-1] == "done"


def test_a_refusal_in_mid_answer_keeps_what_was_said():
    talk = stage(said("Dat mag ik niet.", stop_reason="refusal"))

    assert shown(talk.ask()) == "Dat mag ik niet."


@pytest.mark.parametrize("script", [said("ja"), [TextDelta("j"), DOWN], [LookupError()]])
def test_tokens_are_set_aside_while_the_model_speaks_and_settled_after_it(script):
    talk = stage([lambda: open_meanwhile.append(talk.budget.open), *script])
    open_meanwhile: list[int] = []

    talk.ask()

    assert open_meanwhile == [likely(talk)]
    assert talk.budget.open == 0
    assert talk.budget.used in (0, USED.total)


def test_what_is_set_aside_grows_with_the_knowledge_and_with_what_was_said():
    short = stage(said("ja"))
    short.open()
    long = stage(said("ja" * 300), said("ja"), site=replace(BRIEF, knowledge="x" * 60_000))
    long.open()

    assert 700 + 300 < short.budget.open < 700 + 1_000
    assert 700 + 20_000 < long.budget.open < 700 + 21_000
    long.talk = None
    long.budget.open = 0
    long.ask()
    long.open("nog een")
    assert long.budget.open == likely(long, "Hallo", "ja" * 300, "nog een")


@pytest.mark.parametrize("end", [DOWN, BROKEN, LookupError()])
def test_what_was_read_is_counted_when_the_answer_breaks_off(end):
    talk = stage([Usage(input_tokens=30), end])

    talk.ask()

    assert (talk.budget.open, talk.budget.used) == (0, 30)


def test_the_usage_of_every_round_is_counted():
    talk = stage(said("een"), said("twee"))
    talk.ask()
    talk.ask()

    assert talk.budget.used == 2 * USED.total


def test_the_day_ends_when_its_tokens_are_spoken_for():
    talk = stage(said("ja"), site=BRIEF)
    talk.site = replace(BRIEF, tokens_per_day=likely(talk))
    talk.ask()

    with pytest.raises(Problem) as refused:
        talk.open("nog een")

    assert (refused.value.status, refused.value.code) == (429, "daily_limit_reached")
    assert len(talk.store.history(talk.head())) == 2


def test_another_message_waits_for_its_turn():
    talk = stage(said("ja"))
    talk.open(retry=KEY)

    with pytest.raises(Problem) as refused:
        talk.open("en nog wat", retry=("key-2", "body-2"))

    assert (refused.value.status, refused.value.code) == (409, "conversation_busy")
    assert refused.value.retry_after_s
    # The refused message costs neither tokens nor a turn.
    assert (talk.budget.open, talk.budget.turns) == (likely(talk), 1)


def test_a_key_used_for_another_body_is_refused():
    talk = stage(said("ja"))
    talk.ask(retry=KEY)

    with pytest.raises(Problem) as refused:
        talk.open("iets anders", retry=("key-1", "body-2"))

    assert (refused.value.status, refused.value.code) == (409, "idempotency_key_reused")


def test_a_full_conversation_takes_no_more():
    talk = stage(said("een"), said("twee"), site=replace(BRIEF, turns_per_conversation=2))
    talk.ask()
    talk.ask()

    with pytest.raises(Problem) as refused:
        talk.open("drie")

    assert (refused.value.status, refused.value.code) == (409, "conversation_full")
    assert talk.budget.turns == 2


@pytest.mark.parametrize("token", [None, "x", "A" * 43])
def test_a_wrong_token_opens_nothing(token):
    talk = stage(said("ja"))
    talk.ask()

    with pytest.raises(Problem) as refused:
        talk.open("hoi", conversation=talk.talk, token=token)

    assert (refused.value.status, refused.value.code) == (403, "invalid_conversation_token")
    assert talk.budget.turns == 1


def test_a_token_of_one_conversation_opens_no_other():
    talk = stage(said("ja"), said("ja"))
    talk.ask()
    first, talk.talk = talk.talk, None
    talk.ask()
    token = talk.desk.keyring.conversation_token("s_demo", str(talk.talk))

    with pytest.raises(Problem):
        talk.open("hoi", conversation=first, token=token)


def test_an_answer_to_a_deleted_conversation_is_not_kept():
    def shut() -> None:
        assert talk.store.shut(talk.head(), wish_id="w")

    talk = stage([TextDelta("Ja"), shut, *said("zeker")])

    events = talk.ask(retry=KEY)

    assert events[-1] == Failed("conversation_gone", retryable=False)
    assert (talk.store.heads, talk.store.messages) == ({}, {})


def test_the_conversation_keeps_its_page_without_query_and_the_hour_only():
    talk = stage()

    turn = talk.open(page="/fietsen?mail=jan@example.com#top")

    assert turn.conversation.page == "/fietsen"
    assert turn.conversation.visited_at.endswith(":00:00Z")


def test_the_model_has_45_seconds():
    talk = stage(said("ja"))

    talk.ask()

    assert (talk.model.deadlines[0] - talk.clock()).total_seconds() == 45


def test_a_language_the_site_does_not_speak_is_not_promised():
    talk = stage()

    assert talk.open(language="de").conversation.language == "nl"


def test_a_long_conversation_is_sent_from_a_visitors_message_on():
    talk = stage(*[said(f"antwoord {number}") for number in range(20)])
    for number in range(20):
        talk.ask(f"vraag {number}")

    messages = talk.model.requests[-1].messages

    assert len(messages) <= 30
    assert messages[0]["role"] == "user"
    assert [m["role"] for m in messages] == (["user", "assistant"] * 15)[: len(messages)]
    assert messages[-1]["content"] == "vraag 19"
