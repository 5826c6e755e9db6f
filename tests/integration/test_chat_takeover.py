"""The chat's answers while staff has the conversation, through the handler and a real table."""

from dataclasses import replace

from leadlayer.sites.model import Limits
from tests.fakes.model import said
from tests.fakes.staff import Staff
from tests.fakes.visitor import visitor
from tests.integration.job_calls import work_off
from tests.world import SITE, World

KEY = "key-of-a-message-to-staff"


def taken_over(world: World, *more):
    guest = visitor(world, said("Hoi."), *more)
    guest.ask("Hallo")
    people = Staff(guest)
    people.take_over()
    return guest, people


def test_a_stream_says_that_staff_has_the_message_and_ends(world):
    guest, _ = taken_over(world)

    answer = guest.ask("Is er iemand?")

    assert [kind for kind, _ in answer.events] == ["start", "human", "done"]
    assert answer.events[1][1] == {}
    assert guest.model.calls == 1


def test_a_whole_answer_says_so_too_and_others_say_the_opposite(world):
    guest, people = taken_over(world, said("Ja?"))

    answer = guest.ask("Is er iemand?", name="chat.json")

    assert answer.json == {
        **guest.talk, "reply": "", "lead_captured": False, "human": True,
    }  # fmt: skip
    people.hand_back()
    assert guest.ask("Nog iets", name="chat.json").json["human"] is False


def test_a_message_that_is_sent_again_is_one_row(world):
    guest, _ = taken_over(world)
    talk = guest.talk

    bodies = []
    for _ in range(3):
        guest.talk = talk
        bodies.append(guest.ask("Is er iemand?", key=KEY).text)

    assert len(set(bodies)) == 1
    assert len(world.rows("message")) == 3


def test_nothing_is_spent_and_nothing_waits(world):
    guest, _ = taken_over(world)
    [before] = world.rows("usage")

    guest.ask("Is er iemand?")

    assert world.rows("usage") == [before]
    [head] = world.rows("conversation")
    assert "lock_until" not in head
    assert (head["turns"]["N"], head["staff_turns"]["N"]) == ("2", "1")


def test_what_staff_says_ends_with_the_conversation(world):
    guest, people = taken_over(world)
    said_by_staff = people.say("Ik ben er.")

    ends = {row["expires_at"]["N"] for row in world.rows("message") + world.rows("conversation")}

    assert len(ends) == 1
    [row] = [row for row in world.rows("message") if row["role"]["S"] == "staff"]
    assert row["sk"]["S"] == f"MSG#{said_by_staff.id}"
    assert guest.delete().status == 204
    work_off(world, guest.jobs)
    assert world.rows("message") == world.rows("conversation") == []


def test_a_conversation_of_the_first_release_can_be_taken_over(world):
    guest = visitor(world, said("Hoi."))
    guest.ask("Hallo")
    [head] = world.rows("conversation")
    later = ("last_message_at", "mode", "state")
    old = {name: value for name, value in head.items() if name not in later}
    world.client.put_item(TableName=world.settings.table_name, Item=old)
    people = Staff(guest)
    assert people.head().last_message_at == people.head().visited_at

    people.take_over()

    assert [kind for kind, _ in guest.ask("Is er iemand?").events] == ["start", "human", "done"]


def test_the_length_of_a_conversation_is_not_used_up_by_staff(world):
    world.save_site(replace(SITE, limits=Limits(turns_per_conversation=2)))
    guest, people = taken_over(world, said("Ja?"))
    for _ in range(3):
        assert guest.ask("Is er iemand?").status == 200
    people.hand_back()

    assert guest.ask("Nog iets").said == "Ja?"
    assert guest.ask("En nog iets").code == "conversation_full"
