"""One person's rows: found by one index, exported without our own fields, erased without a rest."""

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.chat import handler as chat
from functions.leads import handler as leads
from leadlayer.core.subjects import subject_ref
from leadlayer.core.table import Page, Put, Table
from leadlayer.leads.desk import LeadDesk
from leadlayer.leads.model import Note
from leadlayer.privacy.erasure import open_eraser
from leadlayer.privacy.subject import erase_subject, export_subject, places_of
from tests.console_calls import ConsoleCalls, RecordedLedger, SentJobs
from tests.echo_model import EchoModel
from tests.world import KEYRING, TABLE, Context, World, body_of, load_event

PERSONAL = ("lead", "conversation", "message", "subject_ref", "mail")


def start_conversation(world: World) -> dict[str, Any]:
    talk = chat.build(
        chat.Deps(
            world.settings,
            world.table,
            world.clock,
            EchoModel(),
            lambda: KEYRING,
            RecordedLedger(),
            SentJobs(),
        )
    )
    return body_of(talk(load_event("chat.json", headers=_key(world)), Context()))


def leave_lead(world: World, *, started: dict[str, Any] | None = None, **contact: Any) -> None:
    started = started or start_conversation(world)
    body = json.loads(load_event("leads.valid")["body"]) | contact
    body |= {"conversation": started["conversation"], "token": started["token"]}
    take = leads.build(leads.Deps(world.settings, world.table, world.clock, lambda: KEYRING))
    answer = take(load_event("leads.valid", body=body, headers=_key(world)), Context())
    assert answer["statusCode"] == 201


def _key(world: World) -> dict[str, str]:
    """A new Idempotency-Key, under whichever spelling of the header the event has."""
    key = f"key-{len(world.rows()):016d}"
    return {"idempotency-key": key, "Idempotency-Key": key}


def subject(identifier: str) -> str:
    return KEYRING.subject("a_demo", identifier)


def erase(world: World, identifier: str) -> int:
    console = ConsoleCalls(world)
    eraser = open_eraser(world.table, ledger=console.ledger, files=console.files, clock=world.clock)
    return erase_subject("a_demo", subject(identifier), table=world.table, eraser=eraser)


def personal_rows(world: World) -> list[dict[str, Any]]:
    return [row for kind in PERSONAL for row in world.rows(kind)]


@pytest.mark.parametrize("identifier", ["noor@example.com", "+31612345678"])
def test_either_identifier_finds_the_lead_and_the_conversation(world: World, identifier: str):
    leave_lead(world)

    exported = export_subject("a_demo", subject(identifier), table=world.table)

    kinds = sorted(row["type"] for row in exported)
    assert kinds == ["conversation", "lead", "message", "message"]
    lead = next(row for row in exported if row["type"] == "lead")
    assert (lead["email"], lead["phone"]) == ("noor@example.com", "+31612345678")
    assert not {"account_id", "subjects", "pk"} & lead.keys()


def test_erasing_one_person_leaves_nothing_of_them_and_the_neighbour_untouched(world: World):
    leave_lead(world, email="buur@example.org", phone="0687654321")
    neighbour = personal_rows(world)
    leave_lead(world)
    assert len(personal_rows(world)) > len(neighbour)

    removed = erase(world, "noor@example.com")

    # The lead and its conversation.
    assert removed == 2
    assert personal_rows(world) == neighbour
    assert export_subject("a_demo", subject("+31612345678"), table=world.table) == []


def test_a_person_with_two_leads_in_one_conversation_is_erased(world: World):
    started = start_conversation(world)
    leave_lead(world, started=started)
    leave_lead(world, started=started, message="En nog iets.")

    removed = erase(world, "noor@example.com")

    assert removed == 3
    assert personal_rows(world) == []


class SmallPages(Table):
    def query(self, model: Any, pk: str, *, limit: int = 1000, **asked: Any) -> Page[Any]:
        return super().query(model, pk, limit=min(limit, 2), **asked)


def test_however_many_pages_the_index_has_all_of_a_person_is_exported_and_erased(world: World):
    for number in range(3):
        leave_lead(world, message=f"Vraag {number}")
    paged = replace(world, table=SmallPages(clock=world.clock))
    known = subject("noor@example.com")

    exported = export_subject("a_demo", known, table=paged.table)

    assert [row["type"] for row in exported].count("lead") == 3
    assert exported == export_subject("a_demo", known, table=world.table)
    assert erase(paged, "noor@example.com") == 6
    assert personal_rows(world) == []


def test_a_search_says_when_there_is_more_than_it_reads(world: World):
    leave_lead(world)
    known = subject("noor@example.com")

    found, more = places_of("a_demo", known, table=world.table, limit=1)
    assert (len(found), more) == (1, True)
    found, more = places_of("a_demo", known, table=world.table, limit=3)
    assert (len(found), more) == (2, False)


def test_a_search_answers_a_hundred_places_and_that_there_are_more(world: World):
    leave_lead(world)
    console = ConsoleCalls(world)
    asked = {"email": "noor@example.com"}
    assert console.call("POST", "/v1/search", asked)[1]["more"] is False
    for number in range(99):
        place = f"LEAD#s_demo#none{number}"
        ref = subject_ref("a_demo", subject("noor@example.com"), place, expires_at=2**40)
        world.table.write(Put(ref))

    status, found = console.call("POST", "/v1/search", asked)

    assert (status, found["more"]) == (200, True)
    assert len(found["leads"]) + len(found["conversations"]) <= 100


def test_a_row_of_the_index_that_points_to_nothing_goes_too(world: World):
    leave_lead(world)
    for row in world.rows("conversation"):
        world.client.delete_item(TableName=TABLE, Key={"pk": row["pk"], "sk": row["sk"]})

    assert erase(world, "+31612345678") == 1

    assert world.rows("subject_ref") == []


def test_what_staff_wrote_about_the_person_is_exported_with_the_lead(world: World):
    leave_lead(world)
    [lead] = LeadDesk(world.table).newest("s_demo", ("!", "~"), limit=2)
    assert LeadDesk(world.table).add_note(lead, Note("n_1", "m_owner", "Belt terug", "t"))

    exported = export_subject("a_demo", subject("noor@example.com"), table=world.table)

    assert {"type": "lead_note", "text": "Belt terug", "at": "t"} in exported


def test_another_customer_finds_nothing_under_the_same_address(world: World):
    leave_lead(world)

    elsewhere = KEYRING.subject("a_other", "noor@example.com")

    assert export_subject("a_other", elsewhere, table=world.table) == []
    assert elsewhere != subject("noor@example.com")
