"""Staff takes a conversation over: who answers what, what the model reads of it, what it costs."""

from dataclasses import replace

import pytest

from leadlayer.chat import staff
from leadlayer.chat.model import Done, Failed, LeftToStaff, ModelFailed, TextDelta
from leadlayer.chat.service import MOST_STAFF_TURNS
from leadlayer.core.errors import Problem
from tests.fakes.model import capture, said, tool_results
from tests.fakes.stage import BRIEF, KEY, Stage, kinds, shown, stage

DOWN = ModelFailed("model_unavailable", retryable=True)
OTHER_KEY = ("key-2", "body-2")


def take_over(talk: Stage, member: str = "m_1"):
    return staff.take_over(talk.head(), member_id=member, conversations=talk.store)


def hand_back(talk: Stage):
    return staff.hand_back(talk.head(), conversations=talk.store)


def answer(talk: Stage, text: str, member: str = "m_1"):
    return staff.say(
        talk.head(), text, member_id=member, conversations=talk.store, clock=talk.clock,
        new_id=talk.desk.new_id,
    )  # fmt: skip


def spoken(talk: Stage) -> list[tuple[int, str, str]]:
    return [(m.turn, m.role, m.text) for m in talk.store.history(talk.head())]


def asked(talk: Stage) -> list[tuple[str, str]]:
    """What the model got the last time."""
    return [(m["role"], m["content"]) for m in talk.model.requests[-1].messages]


def test_the_next_message_goes_to_staff_and_the_model_is_not_asked():
    talk = stage(said("Hoi."))
    talk.ask("Hallo")
    spent = (talk.budget.turns, talk.budget.open, talk.budget.used)
    take_over(talk)

    events = talk.ask("Is er iemand?")

    assert kinds(events) == ["start", "human", "done"]
    assert talk.model.calls == 1
    assert (talk.budget.turns, talk.budget.open, talk.budget.used) == spent
    assert spoken(talk)[-1] == (2, "visitor", "Is er iemand?")
    assert not talk.store.is_locked(talk.head())


def test_a_message_for_staff_is_stored_once_however_often_it_is_sent():
    talk = stage(said("Hoi."))
    talk.ask()
    take_over(talk)

    answers = [kinds(talk.ask("Is er iemand?", retry=KEY)) for _ in range(3)]

    assert answers == [["start", "human", "done"]] * 3
    assert [text for _, _, text in spoken(talk)] == ["Hallo", "Hoi.", "Is er iemand?"]


def test_a_message_for_staff_stays_theirs_when_it_is_sent_again_after_they_left():
    talk = stage(said("Hoi."))
    talk.ask()
    take_over(talk)
    talk.ask("Is er iemand?", retry=KEY)
    hand_back(talk)

    assert kinds(talk.ask("Is er iemand?", retry=KEY)) == ["start", "human", "done"]
    assert talk.model.calls == 1


def test_an_answer_that_is_being_written_is_finished_and_kept():
    talk = stage([TextDelta("Van 9 "), lambda: take_over(talk), *said("tot 17.")])

    events = talk.ask("Wanneer open?")

    assert (kinds(events), shown(events)) == (["start", "delta", "done"], "Van 9 tot 17.")
    assert spoken(talk)[-1] == (1, "assistant", "Van 9 tot 17.")
    assert talk.head().mode == "human"
    assert LeftToStaff() in talk.ask("Dank je")


def test_a_visitor_does_not_wait_for_the_model_to_write_to_staff():
    talk = stage(said("Laat maar."))
    asking = talk.answer(talk.open("Wanneer open?"))
    next(asking)
    take_over(talk)

    assert kinds(talk.ask("Is er iemand?")) == ["start", "human", "done"]
    assert Done() in list(asking)
    assert [turn for turn, _, _ in sorted(spoken(talk))] == [1, 1, 2]


@pytest.mark.parametrize("crashed", [False, True])
def test_a_question_whose_answer_failed_goes_to_staff_when_it_is_sent_again(crashed):
    talk = stage([DOWN])
    if crashed:
        talk.open(retry=KEY)
        talk.clock.advance(seconds=75)
    else:
        talk.ask(retry=KEY)
    take_over(talk)

    assert kinds(talk.ask(retry=KEY)) == ["start", "human", "done"]
    assert talk.model.calls == (0 if crashed else 1)
    assert spoken(talk) == [(1, "visitor", "Hallo")]
    assert talk.budget.turns == 1


def test_who_waits_for_an_answer_hears_that_staff_will_give_it():
    talk = stage()
    talk.open(retry=KEY)
    waiting = talk.answer(talk.open(retry=KEY))

    def crash_and_third_try() -> None:
        talk.clock.advance(seconds=75)
        take_over(talk)
        talk.open(retry=KEY)

    talk.while_waiting = crash_and_third_try
    assert kinds(list(waiting)) == ["start", "human", "done"]


def test_handed_back_the_model_reads_what_staff_said_as_its_own_side():
    talk = stage(said("Hoi."), said("Tot dan."))
    talk.ask("Hallo")
    take_over(talk)
    talk.ask("Kan het morgen?")
    answer(talk, "Morgen om tien uur kan.")
    hand_back(talk)

    talk.ask("Dat is goed")

    assert asked(talk) == [
        ("user", "Hallo"),
        ("assistant", "Hoi."),
        ("user", "Kan het morgen?"),
        ("assistant", "Morgen om tien uur kan."),
        ("user", "Dat is goed"),
    ]


def test_what_staff_typed_gets_placeholders_too_and_is_never_taken_for_the_visitors():
    call = {"email": "[EMAIL_1]", "consent_given": False}
    talk = stage(said("Hoi."), capture(**call), said("Op welk adres?"))
    talk.ask("Hallo")
    take_over(talk)
    answer(talk, "Mail jan@example.com of bel 06-12345678.")
    hand_back(talk)

    talk.ask("Bel mij")

    assert ("assistant", "Hoi.\n\nMail [EMAIL_1] of bel [PHONE_1].") in asked(talk)
    assert tool_results(talk.model.requests[-1])[0].startswith("not_stored: ask the visitor")
    assert talk.captured == []


def test_a_yes_to_staff_is_no_consent_to_the_assistant():
    details = {"email": "[EMAIL_1]"}
    talk = stage(
        capture(**details, consent_given=False), said("Goed?"),
        capture(**details, consent_given=True), said("Ik vraag het nog eens."),
    )  # fmt: skip
    talk.ask("Ik ben jan@example.com")
    assert talk.head().consent_asked is not None
    take_over(talk)
    answer(talk, "Zal ik u morgen terugbellen?")
    hand_back(talk)

    events = talk.ask("Ja, graag")

    assert talk.captured == []
    assert BRIEF.consent_text in shown(events)


def test_staff_can_only_answer_where_they_have_taken_over():
    talk = stage(said("Hoi."))
    talk.ask()

    with pytest.raises(Problem) as refused:
        answer(talk, "Ik ben er")

    assert (refused.value.status, refused.value.code) == (409, "not_taken_over")
    assert len(spoken(talk)) == 2


def test_an_answer_of_staff_is_trimmed_and_belongs_to_the_turn_it_follows():
    talk = stage(said("Hoi."))
    talk.ask()
    take_over(talk)
    talk.clock.advance(minutes=5)

    said_by_staff = answer(talk, "  Ik ben er.\n", member="m_2")

    assert spoken(talk)[-1] == (1, "staff", "Ik ben er.")
    assert said_by_staff.at == talk.head().last_message_at == "2026-11-23T10:05:00Z"
    # Whoever spoke last has it.
    assert talk.head().taken_by == "m_2"


def test_a_colleague_may_take_over_in_turn():
    talk = stage(said("Hoi."))
    talk.ask()
    take_over(talk)

    assert take_over(talk, "m_2").taken_by == "m_2"


def test_a_closed_conversation_opens_again_when_the_visitor_writes():
    talk = stage(said("Hoi."), said("Ja?"))
    talk.ask()
    staff.change(talk.head(), state="closed", conversations=talk.store)
    assert talk.head().state == "closed"

    assert kinds(talk.ask("Nog iets")) == ["start", "delta", "done"]
    assert talk.head().state == "open"


def test_closing_gives_the_conversation_back_to_the_assistant():
    talk = stage(said("Hoi."), said("Ja?"))
    talk.ask()
    take_over(talk)

    closed = staff.change(talk.head(), state="closed", conversations=talk.store)

    assert (closed.mode, closed.taken_by) == ("ai", None)
    assert kinds(talk.ask("Nog iets")) == ["start", "delta", "done"]


def test_taking_over_opens_a_closed_conversation():
    talk = stage(said("Hoi."))
    talk.ask()
    staff.change(talk.head(), state="closed", conversations=talk.store)

    assert take_over(talk).state == "open"


def test_what_is_not_given_is_not_changed():
    talk = stage(said("Hoi."))
    talk.ask()
    staff.change(talk.head(), assigned_to="m_2", conversations=talk.store)
    take_over(talk)

    assert staff.change(talk.head(), conversations=talk.store) == talk.head()
    reopened = staff.change(talk.head(), state="open", conversations=talk.store)
    assert (reopened.assigned_to, reopened.mode) == ("m_2", "human")
    nobody = staff.change(talk.head(), assigned_to=None, conversations=talk.store)
    assert (nobody.assigned_to, nobody.mode, nobody.state) == (None, "human", "open")


def test_turns_of_staff_do_not_use_up_the_models():
    site = replace(BRIEF, turns_per_conversation=2)
    talk = stage(said("een"), said("twee"), site=site)
    talk.ask()
    take_over(talk)
    for number in range(5):
        talk.ask(f"Vraag {number}")
    hand_back(talk)

    assert kinds(talk.ask("Nog een")) == ["start", "delta", "done"]
    with pytest.raises(Problem) as refused:
        talk.ask("En nog een")
    assert refused.value.code == "conversation_full"


def test_a_conversation_that_is_full_for_the_model_goes_on_with_staff():
    talk = stage(said("een"), site=replace(BRIEF, turns_per_conversation=1))
    talk.ask()
    take_over(talk)

    assert kinds(talk.ask("Is er iemand?")) == ["start", "human", "done"]


def test_a_talk_with_staff_has_a_length_too():
    talk = stage(said("Hoi."))
    talk.ask()
    take_over(talk)
    talk.store.heads[talk.talk] = replace(talk.head(), staff_turns=MOST_STAFF_TURNS - 1)
    talk.ask("De laatste")

    with pytest.raises(Problem) as refused:
        talk.ask("Te veel")

    assert refused.value.code == "conversation_full"


@pytest.mark.parametrize("end", ["deleted", "expired"])
@pytest.mark.parametrize("act", ["take over", "hand back", "answer", "close"])
def test_nothing_staff_does_brings_a_conversation_back(act, end):
    talk = stage(said("Hoi."))
    talk.ask()
    head = take_over(talk)
    if end == "deleted":
        talk.store.shut(head, wish_id="w")
    else:
        talk.clock.now = talk.clock.now.fromtimestamp(head.expires_at, talk.clock.now.tzinfo)
    store = talk.store
    acts = {
        "take over": lambda: staff.take_over(head, member_id="m_1", conversations=store),
        "hand back": lambda: staff.hand_back(head, conversations=store),
        "close": lambda: staff.change(head, state="closed", conversations=store),
        "answer": lambda: staff.say(
            head, "Hoi", member_id="m_1", conversations=store, clock=talk.clock,
            new_id=talk.desk.new_id,
        ),
    }  # fmt: skip

    with pytest.raises(Problem) as refused:
        acts[act]()

    assert refused.value.code == "not_found"
    assert talk.head() is None


def test_of_two_messages_to_staff_at_once_one_is_asked_to_try_again():
    talk = stage(said("Hoi."))
    talk.ask()
    take_over(talk)
    late = talk.head()
    talk.ask("Een", retry=KEY)
    find = talk.store.find
    looks = iter([late])
    talk.store.find = lambda *place: next(looks, None) or find(*place)

    with pytest.raises(Problem) as refused:
        talk.open("Twee", retry=OTHER_KEY)

    assert refused.value.code == "conversation_busy"
    assert kinds(talk.ask("Twee", retry=OTHER_KEY)) == ["start", "human", "done"]


@pytest.mark.parametrize("comes", [True, False])
def test_a_message_that_crosses_staff_on_the_way_is_stored_for_nobody_and_sent_again(comes):
    talk = stage(said("Hoi."), said("Ja?"))
    talk.ask()
    if not comes:
        take_over(talk)
    late = talk.head()
    take_over(talk) if comes else hand_back(talk)
    find = talk.store.find
    looks = iter([late])
    talk.store.find = lambda *place: next(looks, None) or find(*place)

    with pytest.raises(Problem) as refused:
        talk.open("Is er iemand?", retry=KEY)

    assert refused.value.code == "conversation_busy"
    assert len(spoken(talk)) == 2
    assert talk.budget.open == 0
    assert kinds(talk.ask("Is er iemand?", retry=KEY))[1] == ("human" if comes else "delta")


def test_every_side_moves_the_time_of_the_last_message():
    talk = stage(said("Hoi."), [TextDelta("Ja"), lambda: talk.clock.advance(seconds=9), *said()])
    talk.ask()
    assert talk.head().last_message_at == "2026-11-23T10:00:00Z"
    talk.clock.advance(seconds=1)
    talk.ask("Nog iets")
    assert talk.head().last_message_at == "2026-11-23T10:00:10Z"
    take_over(talk)
    talk.clock.advance(seconds=1)
    assert talk.head().last_message_at == "2026-11-23T10:00:10Z"
    talk.ask("Is er iemand?")
    assert talk.head().last_message_at == "2026-11-23T10:00:11Z"


def test_a_failed_answer_is_no_message():
    talk = stage([lambda: talk.clock.advance(seconds=9), DOWN])

    assert isinstance(talk.ask()[-1], Failed)
    assert talk.head().last_message_at == "2026-11-23T10:00:00Z"
