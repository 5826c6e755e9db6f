"""One person's rows: found by one index, exported without our own fields, erased without a rest."""

import json
from typing import Any

import pytest

from functions.chat import handler as chat
from functions.leads import handler as leads
from leadlayer.privacy.subject import erase_subject, export_subject
from tests.echo_model import EchoModel
from tests.world import KEYRING, Context, World, body_of, load_event

PERSONAL = ("lead", "conversation", "message", "subject_ref", "mail")


def start_conversation(world: World) -> dict[str, Any]:
    talk = chat.build(
        chat.Deps(world.settings, world.table, world.clock, EchoModel(), lambda: KEYRING)
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

    removed = erase_subject("a_demo", subject("noor@example.com"), table=world.table)

    assert removed == 5
    assert personal_rows(world) == neighbour
    assert export_subject("a_demo", subject("+31612345678"), table=world.table) == []


def test_a_person_with_two_leads_in_one_conversation_is_erased(world: World):
    started = start_conversation(world)
    leave_lead(world, started=started)
    leave_lead(world, started=started, message="En nog iets.")

    removed = erase_subject("a_demo", subject("noor@example.com"), table=world.table)

    # Two leads with their mails, the conversation and its two messages.
    assert removed == 7
    assert personal_rows(world) == []


def test_another_customer_finds_nothing_under_the_same_address(world: World):
    leave_lead(world)

    elsewhere = KEYRING.subject("a_other", "noor@example.com")

    assert export_subject("a_other", elsewhere, table=world.table) == []
    assert elsewhere != subject("noor@example.com")
