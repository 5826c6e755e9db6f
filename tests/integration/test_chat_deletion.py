"""A visitor deletes a conversation: every row goes, and nobody who is late brings it back.

The background is at once behind the visitor here; test_visitor_deletion.py lets it come late.
"""

import pytest

from functions.chat import handler as chat
from leadlayer.chat.model import TextDelta
from leadlayer.core.table import Table
from tests.console_calls import RecordedLedger
from tests.fakes.model import capture, said
from tests.fakes.visitor import visitor
from tests.integration.inbox_calls import Shop
from tests.integration.job_calls import work_off
from tests.world import SITE, Context, load_event

CANARY = "kanariegeel"


def rows_of(world, conversation):
    return [row for row in world.rows() if row["pk"]["S"] == f"CONV#s_demo#{conversation}"]


def deletes_all(guest) -> int:
    """The visitor deletes, and the background does its part; the answer's status."""
    status = guest.delete().status
    work_off(guest.world, guest.jobs)
    return status


def test_deleting_removes_every_row_of_the_conversation(world):
    guest = visitor(world, said(f"Ja, {CANARY}."), said("Blauw."))
    guest.ask(CANARY)
    guest.ask("Kleur?")
    assert len(rows_of(world, guest.talk["conversation"])) == 5

    answer = guest.delete()
    work_off(world, guest.jobs)

    assert (answer.status, answer.text) == (204, "")
    assert rows_of(world, guest.talk["conversation"]) == []
    assert CANARY not in str(world.rows())


def test_a_conversation_that_brought_a_lead_is_no_longer_listed_under_the_person(world):
    asks = [
        capture(email="[EMAIL_1]", phone="[PHONE_1]", consent_given=given)
        for given in (False, True)
    ]
    guest = visitor(world, asks[0], said("Ok."), asks[1], said("Dank je."))
    guest.ask("Mail jan@example.com of bel 0612345678")
    guest.ask("Akkoord")
    assert len(listed(world, "CONV#")) == len(listed(world, "LEAD#")) == 2

    assert deletes_all(guest) == 204

    # The lead is the customer's, and stays with its own rows.
    assert listed(world, "CONV#") == []
    assert len(listed(world, "LEAD#")) == 2


def test_nor_under_the_person_who_filled_in_the_form_beside_it(world):
    shop = Shop(world)
    started = shop.talk()
    lead = shop.leave(started=started)
    place = f"CONV#{SITE.id}#{started['conversation']}"
    assert place in {row["sk"]["S"] for row in world.rows("subject_ref")}

    assert deletes(shop, started, lambda _: None) == 204
    work_off(world, shop.console.jobs)

    assert {row["sk"]["S"] for row in world.rows("subject_ref")} == {f"LEAD#{SITE.id}#{lead}"}
    assert shop.lead(lead)["email"] == "noor@example.com"


def test_it_is_entered_before_anything_is_deleted(world):
    """So a copy of the table that is restored cannot bring it back, wherever this breaks off."""
    shop, entered = Shop(world), []
    started = shop.talk()

    def enter(target: str) -> None:
        entered.append((target, rows_of(world, started["conversation"])))

    before = rows_of(world, started["conversation"])
    assert deletes(shop, started, enter) == 204
    assert entered == [(f"{SITE.id}/{started['conversation']}", before)]
    assert len(before) == 3


def test_what_cannot_be_entered_stays(world):
    shop = Shop(world)
    started = shop.talk()
    before = world.rows()

    def enter(_: str) -> None:
        raise TimeoutError

    assert deletes(shop, started, enter) == 500
    assert world.rows() == before
    assert shop.console.jobs.sent == []


class Told(RecordedLedger):
    def __init__(self, enter):
        super().__init__()
        self.enter = enter

    def record(self, account_id, kind, target=""):
        assert (account_id, kind) == ("a_demo", "erase_conversation")
        self.enter(target)


def deletes(shop: Shop, started: dict[str, str], enter) -> int:
    """The visitor deletes the conversation, and `enter` is told; the answer's status."""
    world = shop.world
    deps = chat.Deps(
        world.settings,
        world.table,
        world.clock,
        shop.model,
        lambda: world.keyring,
        Told(enter),
        shop.console.jobs,
    )
    event = load_event("chat.delete")
    event["headers"] |= {"Authorization": f"Bearer {started['token']}"}
    event["path"] = f"/v1/sites/{SITE.id}/conversations/{started['conversation']}"
    return chat.build(deps)(event, Context())["statusCode"]


def listed(world, kind):
    return [row for row in world.rows("subject_ref") if row["sk"]["S"].startswith(kind)]


class Crashing(Table):
    """Stops before its transaction, as a function that runs out of time."""

    def transact(self, writes):
        raise TimeoutError


def test_a_deletion_that_was_cut_off_can_be_repeated(world):
    guest = visitor(world, said(f"Ja, {CANARY}."))
    guest.ask(CANARY)
    whole, world.table = world.table, Crashing(clock=world.clock)
    cut_off = visitor(world)
    cut_off.talk = guest.talk
    assert cut_off.delete().status == 500
    world.table = whole

    assert deletes_all(guest) == 204
    assert rows_of(world, guest.talk["conversation"]) == []


def test_other_conversations_stay(world):
    guest, other = visitor(world, said("Ja.")), visitor(world, said("Ja."), said("Blauw."))
    guest.ask(key="k" * 20)
    other.ask(key="l" * 20)

    deletes_all(guest)

    assert other.ask("Kleur?", key="m" * 20).status == 200
    assert len(rows_of(world, other.talk["conversation"])) == 5


def test_a_deleted_conversation_answers_like_one_that_never_was(world):
    guest = visitor(world, said("Ja."))
    guest.ask(key="k" * 20)
    deletes_all(guest)

    assert (guest.delete().status, guest.delete().code) == (404, "not_found")
    assert guest.ask("Nog iets").code == "not_found"
    assert rows_of(world, guest.talk["conversation"]) == []


def test_a_retry_of_its_first_message_does_not_bring_the_answer_back(world):
    guest = visitor(world, said(f"Ja, {CANARY}."))
    first = {"message": "Hallo"}
    guest.talk = guest.send("chat.json", body=first).json
    deletes_all(guest)

    again = guest.send("chat.json", body=first)

    assert again.status == 404
    assert CANARY not in again.text + str(world.rows())


@pytest.mark.parametrize("script", ["answer", "failure", "consent question"])
def test_an_answer_that_comes_late_does_not_bring_it_back(world, script):
    late = {
        "answer": said(f"Ja, {CANARY}."),
        "failure": [LookupError()],
        "consent question": capture(email="[EMAIL_1]", consent_given=False),
    }[script]
    guest = visitor(world, said("Ja."))
    guest.ask()
    guest.model.scripts = [[TextDelta("Even."), lambda: deletes_all(guest), *late], said("Hm.")]

    answer = guest.ask("Mail jan@example.com")

    assert answer.events[-1][0] == "error"
    assert rows_of(world, guest.talk["conversation"]) == []
    assert "jan@example.com" not in str(world.rows())


def test_a_late_answer_in_json_is_a_problem(world):
    guest = visitor(world, said("Ja."))
    guest.ask()
    guest.model.scripts = [[lambda: deletes_all(guest), *said("Laat.")]]

    assert guest.ask("Nog iets", name="chat.json").code == "conversation_gone"
    assert rows_of(world, guest.talk["conversation"]) == []


def test_only_the_visitor_deletes(world):
    guest = visitor(world, said("Ja."))
    guest.ask()
    before = world.rows()

    for authorization in ("", "Bearer ", "Bearer " + "A" * 43, "Basic eDp5", "Bearer é"):
        answer = guest.delete(headers={"Authorization": authorization})
        assert (answer.status, answer.code) == (403, "invalid_conversation_token"), authorization

    assert world.rows() == before


def test_a_token_of_another_site_does_not_delete(world):
    guest = visitor(world, said("Ja."))
    guest.ask()
    foreign = world.keyring.conversation_token("s_other", guest.talk["conversation"])

    answer = guest.delete(headers={"Authorization": f"Bearer {foreign}"})

    assert answer.status == 403
