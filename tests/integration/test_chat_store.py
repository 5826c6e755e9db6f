"""Two requests at once, step by step: the real store on a table, and the tests' own in memory.

Run against both, so that the unit tests' store cannot be kinder than the real one.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from leadlayer.chat.model import ConsentAsked, Conversation, Message, Turn
from leadlayer.chat.store import LEASE_S, ConversationStore
from leadlayer.core.errors import Problem
from tests.clocks import FixedClock
from tests.fakes.conversations import InMemoryConversations
from tests.world import make_world

KEY, BODY = "key", "body"


@pytest.fixture(scope="module")
def table() -> Iterator:
    with mock_aws():
        yield from make_world()


class Bench:
    """Each test has a conversation and a key of its own in the shared table."""

    numbers = iter(range(1000))

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        number = next(self.numbers)
        self.key = f"{KEY}{number}"
        self.new = Conversation(
            id=f"C{number:03}",
            site_id="s_demo",
            account_id="a_demo",
            language="nl",
            visited_at="2026-11-23T10:00:00Z",
            disclosure_version="1",
            expires_at=1858586400,
        )

    def begin(self, conversation=None, *, key=None, body=BODY):
        conversation = conversation or self.new
        retry = (key, body) if key else None
        return self.store.begin(
            conversation, self.message(conversation.turns, "visitor"), retry=retry
        )

    def message(self, turn, role, text="Hallo"):
        return Message(f"{turn}{role}", turn, role, text, "2026-11-23T10:00:00Z")

    def finish(self, turn, **changed):
        reply = self.message(turn.number, "assistant", "Hoi")
        return self.store.finish(turn, reply, changed=replace(turn.conversation, **changed))

    def turn(self, number=1, key=None):
        conversation = replace(self.new, turns=number)
        return Turn(conversation, number, key, BODY if key else "")

    def find_turn(self, key=None):
        return self.store.find_turn("s_demo", key or self.key, BODY)

    def change(self, **values):
        return self.store.change(self.new, values)

    def begin_for_staff(self, number=2, *, key=None):
        conversation = replace(self.new, turns=number, staff_turns=1, mode="human")
        return self.begin(replace(conversation, last_message_at="2026-11-23T11:00:00Z"), key=key)

    def reply_of_staff(self, member="m_1"):
        reply = self.message(1, "staff", "Ik ben er")
        return self.store.add_reply(self.new, reply, member_id=member)

    def head(self):
        return self.store.find("s_demo", self.new.id)


@pytest.fixture(params=["table", "memory"])
def bench(request) -> Bench:
    if request.param == "memory":
        clock = FixedClock()
        return Bench(InMemoryConversations(clock), clock)
    world = request.getfixturevalue("table")
    world.clock.now = FixedClock().now
    return Bench(ConversationStore(world.table, clock=world.clock), world.clock)


def test_of_two_first_messages_with_one_key_one_begins(bench):
    assert bench.begin(key=bench.key)

    assert not bench.begin(replace(bench.new, id=f"{bench.new.id}B"), key=bench.key)

    known = bench.find_turn()
    assert (known.conversation.id, known.state) == (bench.new.id, "elsewhere")
    assert bench.store.find("s_demo", f"{bench.new.id}B") is None


def test_a_message_that_comes_while_another_is_answered_does_not_begin(bench):
    bench.begin()

    assert not bench.begin(replace(bench.new, turns=2))
    assert [message.turn for message in bench.store.history(bench.new)] == [1]


def test_of_two_messages_for_the_same_turn_one_begins(bench):
    bench.begin()
    bench.finish(bench.turn())
    second = replace(bench.new, turns=2)

    assert bench.begin(second)
    bench.finish(bench.turn(2))

    assert not bench.begin(second)
    assert bench.begin(replace(bench.new, turns=3))


def test_a_lock_that_was_left_behind_ends_with_its_lease(bench):
    bench.begin()

    bench.clock.advance(seconds=LEASE_S - 1)
    assert not bench.begin(replace(bench.new, turns=2))
    bench.clock.advance(seconds=1)
    assert bench.begin(replace(bench.new, turns=2))


def test_a_finished_turn_is_found_with_its_reply(bench):
    bench.begin(key=bench.key)

    assert bench.finish(bench.turn(key=bench.key))

    known = bench.find_turn()
    assert (known.state, known.reply) == ("answered", "Hoi")


def test_a_failed_turn_is_taken_up_by_one_of_two_retries(bench):
    bench.begin(key=bench.key)
    assert not bench.store.retake(bench.find_turn())
    bench.store.fail(bench.turn(key=bench.key))
    one, other = bench.find_turn(), bench.find_turn()
    assert one.state == "failed"

    assert bench.store.retake(one)
    assert not bench.store.retake(other)


def test_a_failed_turn_waits_for_another_that_is_being_answered(bench):
    bench.begin(key=bench.key)
    bench.store.fail(bench.turn(key=bench.key))
    bench.begin(replace(bench.new, turns=2))

    assert not bench.store.retake(bench.find_turn())
    bench.finish(bench.turn(2))
    assert bench.store.retake(bench.find_turn())


def test_a_key_with_another_body_is_refused(bench):
    bench.begin(key=bench.key)

    with pytest.raises(Problem) as refused:
        bench.store.find_turn("s_demo", bench.key, "other")

    assert refused.value.code == "idempotency_key_reused"


def test_a_key_of_one_site_is_unknown_at_another(bench):
    bench.begin(key=bench.key)

    assert bench.store.find_turn("s_other", bench.key, BODY) is None
    assert bench.store.find("s_other", bench.new.id) is None


def test_what_an_answer_changed_is_found_again(bench):
    bench.begin()

    bench.finish(bench.turn(), consent_asked=ConsentAsked(1, "3"), lead_id="L1")

    assert bench.head().consent_asked == ConsentAsked(1, "3")
    assert bench.head().lead_id == "L1"
    assert bench.head().expires_at == bench.new.expires_at


@pytest.mark.parametrize("late", ["finish", "fail", "begin", "retake"])
def test_nobody_who_is_late_brings_a_deleted_conversation_back(bench, late):
    bench.begin(key=bench.key)
    turn = bench.turn(key=bench.key)
    assert bench.store.shut(bench.new, wish_id="w")

    match late:
        case "finish":
            assert not bench.finish(turn)
        case "fail":
            bench.store.fail(turn)
        case "begin":
            assert not bench.begin(replace(bench.new, turns=2))
        case _:
            bench.clock.advance(seconds=LEASE_S)
            assert not bench.store.retake(turn)

    assert bench.head() is None
    assert bench.find_turn() is None


@pytest.mark.parametrize(("elapsed", "is_live"), [(-1, True), (0, False), (1, False)])
def test_a_conversation_ends_at_the_second_it_expires(bench, elapsed, is_live):
    bench.begin()
    bench.finish(bench.turn())
    bench.clock.now = bench.clock.now.fromtimestamp(
        bench.new.expires_at + elapsed, bench.clock.now.tzinfo
    )

    assert (bench.head() is not None) is is_live
    assert bench.begin(replace(bench.new, turns=2)) is is_live


def test_what_staff_changes_of_a_conversation_is_found_again(bench):
    bench.begin()

    changed = bench.change(mode="human", taken_by="m_1", assigned_to="m_2", state="closed")

    assert changed == bench.head()
    assert (changed.mode, changed.taken_by, changed.assigned_to) == ("human", "m_1", "m_2")
    assert (changed.state, changed.turns, changed.expires_at) == ("closed", 1, 1858586400)
    back = bench.change(mode="ai", taken_by=None)
    assert (back.mode, back.taken_by, back.assigned_to) == ("ai", None, "m_2")


def test_a_message_for_staff_locks_nothing_and_opens_the_conversation(bench):
    bench.begin()
    bench.change(mode="human", state="closed")

    assert bench.begin_for_staff(key=bench.key)

    assert bench.find_turn().state == "human"
    head = bench.head()
    assert (head.turns, head.staff_turns, head.state) == (2, 1, "open")
    assert head.last_message_at == "2026-11-23T11:00:00Z"
    # The first question is still being answered, and that answer is kept.
    assert bench.finish(bench.turn())
    assert bench.begin(replace(bench.new, turns=3, mode="human"))


def test_of_two_messages_for_staff_in_the_same_turn_one_begins(bench):
    bench.begin()
    bench.change(mode="human")

    assert bench.begin_for_staff()
    assert not bench.begin_for_staff()


@pytest.mark.parametrize("mode", ["ai", "human"])
def test_a_message_begins_only_with_who_has_the_conversation(bench, mode):
    bench.begin()
    bench.finish(bench.turn())
    bench.change(mode="human" if mode == "ai" else "ai")

    assert not bench.begin(replace(bench.new, turns=2, mode=mode))
    assert bench.head().turns == 1
    bench.change(mode=mode)
    assert bench.begin(replace(bench.new, turns=2, mode=mode))


@pytest.mark.parametrize("mode", ["ai", "human"])
def test_a_failed_turn_is_taken_up_by_who_has_the_conversation(bench, mode):
    bench.begin(key=bench.key)
    bench.store.fail(bench.turn(key=bench.key))
    stale = bench.find_turn()
    bench.change(mode="human")
    if mode == "ai":
        stale = bench.find_turn()
        bench.change(mode="ai")

    assert not bench.store.retake(stale)
    assert bench.store.retake(bench.find_turn())
    assert bench.find_turn().state == ("elsewhere" if mode == "ai" else "human")


def test_a_reply_of_staff_needs_the_conversation_to_be_theirs(bench):
    bench.begin()

    assert not bench.reply_of_staff()
    bench.change(mode="human", taken_by="m_1")
    assert bench.reply_of_staff("m_2")

    assert {m.role for m in bench.store.history(bench.new)} == {"visitor", "staff"}
    assert bench.head().taken_by == "m_2"


@pytest.mark.parametrize("late", ["change", "reply", "begin"])
def test_staff_who_is_late_does_not_bring_a_deleted_conversation_back(bench, late):
    bench.begin()
    bench.change(mode="human")
    assert bench.store.shut(bench.new, wish_id="w")

    match late:
        case "change":
            assert bench.change(mode="human", taken_by="m_1") is None
        case "reply":
            assert not bench.reply_of_staff()
        case _:
            assert not bench.begin_for_staff()

    assert bench.head() is None
