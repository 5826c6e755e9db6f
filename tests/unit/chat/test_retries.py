"""The same message sent again: after an answer, during it, after a failure, by a double click."""

from dataclasses import replace

import pytest

from leadlayer.chat.model import Failed, ModelFailed, TextDelta
from leadlayer.core.errors import Problem
from tests.fakes.conversations import InMemoryConversations
from tests.fakes.model import USED, said
from tests.fakes.stage import BRIEF, KEY, kinds, likely, shown, stage

BROKEN = ModelFailed("model_stream_broken", retryable=True)
DOWN = ModelFailed("model_unavailable", retryable=True)


def test_a_retry_after_success_replays_the_answer_without_asking():
    talk = stage(said("Goede", "morgen"))
    first = talk.ask(retry=KEY)

    again = talk.ask(retry=KEY)

    assert talk.model.calls == 1
    assert kinds(again) == ["start", "delta", "done"]
    assert (shown(again), again[0]) == (shown(first), first[0])


def test_a_retry_while_the_model_is_asked_waits_and_replays():
    talk = stage(said("Goedemorgen"))
    first = talk.open(retry=KEY)
    second = talk.open(retry=KEY)
    talk.while_waiting = lambda: list(talk.answer(first)) if talk.model.calls == 0 else None

    events = list(talk.answer(second))

    assert talk.model.calls == 1
    assert (kinds(events), shown(events)) == (["start", "delta", "done"], "Goedemorgen")


def test_a_retry_that_waits_too_long_may_be_sent_again():
    talk = stage()
    talk.open(retry=KEY)

    events = talk.ask(retry=KEY)

    assert events[-1] == Failed("answer_not_ready", retryable=True)
    assert talk.model.calls == 0


def test_a_retry_stops_waiting_when_the_first_try_fails():
    talk = stage([DOWN])
    first = talk.open(retry=KEY)
    second = talk.open(retry=KEY)
    talk.while_waiting = lambda: list(talk.answer(first)) if talk.model.calls == 0 else None
    began = talk.clock()

    events = list(talk.answer(second))

    assert events[-1] == Failed("answer_not_ready", retryable=True)
    assert (talk.clock() - began).total_seconds() < 1


def test_a_retry_after_failure_asks_again_without_repeating_the_question():
    talk = stage([TextDelta("Ja"), BROKEN], said("Goedemorgen"))
    talk.ask("Hallo", retry=KEY)

    events = talk.ask("Hallo", retry=KEY)

    assert (kinds(events), shown(events)) == (["start", "delta", "done"], "Goedemorgen")
    assert talk.model.requests[1].messages == [{"role": "user", "content": "Hallo"}]
    assert (talk.budget.open, talk.budget.used, talk.budget.turns) == (0, USED.total, 2)


def test_a_retry_is_refused_when_the_day_is_spent_and_may_be_sent_later():
    talk = stage([DOWN], said("ja"), site=replace(BRIEF, turns_per_day=1))
    talk.ask(retry=KEY)

    with pytest.raises(Problem) as refused:
        talk.open(retry=KEY)

    assert refused.value.code == "daily_limit_reached"
    talk.site = replace(BRIEF, turns_per_day=2)
    assert kinds(talk.ask(retry=KEY))[-1] == "done"


def test_a_turn_left_behind_by_a_crash_is_asked_again_when_its_lease_ends():
    talk = stage(said("ja"))
    talk.open(retry=KEY)

    talk.clock.advance(seconds=74)
    assert talk.open(retry=KEY).state == "elsewhere"
    talk.clock.advance(seconds=1)
    assert talk.open(retry=KEY).state == "asking"


def test_a_message_sent_again_after_later_ones_is_asked_without_them():
    talk = stage([DOWN], said("Blauw."), said("Van 9 tot 17."), said("Graag."))
    talk.ask("Wanneer open?", retry=KEY)
    talk.ask("Kleur?")

    talk.ask("Wanneer open?", retry=KEY)
    talk.ask("Dank je")

    assert talk.model.requests[2].messages == [{"role": "user", "content": "Wanneer open?"}]
    last = [message["content"] for message in talk.model.requests[3].messages]
    assert last == ["Wanneer open?", "Van 9 tot 17.", "Kleur?", "Blauw.", "Dank je"]


def test_a_double_click_asks_once():
    talk = stage(said("Goedemorgen"))
    first = talk.open(retry=KEY)
    talk.talk = None
    second = talk.open(retry=KEY)

    answers = [list(talk.answer(first)), list(talk.answer(second))]

    assert talk.model.calls == 1
    assert [shown(events) for events in answers] == ["Goedemorgen"] * 2
    assert len(talk.store.heads) == 1


class SlowLookup(InMemoryConversations):
    """The other click's record is not yet there when this one looks for it first."""

    def find_turn(self, site_id, retry_key, body):
        self.looks = getattr(self, "looks", 0) + 1
        return None if self.looks <= 2 else super().find_turn(site_id, retry_key, body)


def test_a_double_click_that_both_times_finds_no_record_asks_once():
    talk = stage(said("Goedemorgen"))
    talk.store = SlowLookup(talk.clock)
    talk.desk = replace(talk.desk, conversations=talk.store)
    first = talk.open(retry=KEY)
    talk.talk = None
    second = talk.open(retry=KEY)

    assert (first.state, second.state) == ("asking", "elsewhere")
    assert second.conversation.id == first.conversation.id
    # Only the click that asks the model costs a turn.
    assert (talk.budget.open, talk.budget.turns) == (likely(talk), 1)
