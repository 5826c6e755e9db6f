"""An export holds everything of an account and nothing else, as JSON for programs and as CSV."""

import json
import zipfile

import pytest

from tests.integration.export_calls import (
    Exporting,
    add_conversation,
    add_lead,
    add_note,
    add_views,
    csv_rows,
    json_rows,
    other_customer,
)
from tests.world import World

TABLES = ["account", "members", "sites", "consent_texts", "leads", "lead_notes", "conversations",
          "views", "audit"]  # fmt: skip
FOREIGN = ["s_other", "a_other", "Andere winkel", "Vreemd", "vreemd@"]


@pytest.fixture
def exporting(world: World) -> Exporting:
    return Exporting(world)


def everything(archive: zipfile.ZipFile) -> str:
    return "".join(archive.read(name).decode() for name in archive.namelist())


def planted(world: World) -> None:
    """Something of each kind, which is kept for a day."""
    lead_id = add_lead(world, name="Noor", email="noor@visitor.example", message="Bel me")
    add_note(world, lead_id, "Terugbellen na vijf")
    add_conversation(world, "Zijn jullie open?", "En zondag?")
    add_views(world, "/fietsen", 12)


def test_each_kind_of_row_has_its_table(world: World, exporting: Exporting):
    planted(world)

    archive = exporting.exported()

    assert archive.testzip() is None
    assert [name.split(".")[0] for name in archive.namelist()] == TABLES
    assert json.loads(archive.read("account.json"))["name"] == "Demo B.V."
    (member,) = json_rows(archive, "members")
    assert (member["id"], member["email"]) == ("m_owner", "owner@shop.example")
    (site,) = json_rows(archive, "sites")
    assert (site["id"], site["knowledge"]) == ("s_demo", "Wij zijn open van 9 tot 17 uur.")
    assert site["consent"]["texts"]["en"] == "The shop may call me."
    assert json_rows(archive, "audit")[0]["call"] == "POST /v1/exports"


def test_leads_notes_conversations_and_views_are_in_it(world: World, exporting: Exporting):
    planted(world)

    archive = exporting.exported()

    (lead,) = json_rows(archive, "leads")
    assert (lead["site"], lead["name"], lead["message"]) == ("s_demo", "Noor", "Bel me")
    (note,) = json_rows(archive, "lead_notes")
    assert (note["lead"], note["text"]) == (lead["id"], "Terugbellen na vijf")
    (conversation,) = json_rows(archive, "conversations")
    texts = [message["text"] for message in conversation["messages"]]
    assert texts == ["Zijn jullie open?", "En zondag?"]
    assert json_rows(archive, "views") == [
        {"site": "s_demo", "day": "2026-11-23", "path": "/fietsen", "views": 12}
    ]


def test_nothing_of_another_account_is_in_it(world: World, exporting: Exporting):
    planted(world)
    other_customer(world)

    text = everything(exporting.exported())

    assert [word for word in FOREIGN if word in text] == []


def test_twin_the_other_accounts_own_export_holds_all_of_that(world: World, exporting: Exporting):
    other_customer(world)

    text = everything(exporting.exported(account="a_other"))

    assert [word for word in FOREIGN if word not in text] == []


def test_what_has_expired_is_not_in_it_though_it_is_still_there(world: World, exporting: Exporting):
    planted(world)
    world.clock.advance(days=1)

    archive = exporting.exported()

    assert len(world.rows("lead")) == len(world.rows("lead_note")) == 1
    for table in ("leads", "lead_notes", "conversations", "views"):
        assert json_rows(archive, table) == []


def test_a_conversation_that_only_the_index_still_lists_is_not_in_it(
    world: World, exporting: Exporting
):
    add_conversation(world, "Hallo")
    gone = add_conversation(world, "Weg ermee")
    for row in world.rows("message"):
        if row["pk"]["S"].endswith(gone.id):
            key = {"pk": row["pk"], "sk": row["sk"]}
            world.client.delete_item(TableName="leadlayer-test", Key=key)

    found = json_rows(exporting.exported(), "conversations")

    assert [row["messages"][0]["text"] for row in found] == ["Hallo"]


def test_more_rows_than_a_page_holds_are_all_in_it_once(world: World, exporting: Exporting):
    added = [add_lead(world, email=f"v{number}@visitor.example") for number in range(450)]

    found = json_rows(exporting.exported(), "leads")

    assert sorted(row["id"] for row in found) == sorted(added)


def test_csv_has_the_same_rows_with_a_line_for_each_message(world: World, exporting: Exporting):
    planted(world)

    archive = exporting.exported("csv")

    assert archive.namelist() == [f"{name}.csv" for name in TABLES]
    (lead,) = csv_rows(archive, "leads")
    assert (lead["email"], lead["consent_given"]) == ("noor@visitor.example", "true")
    lines = csv_rows(archive, "conversations")
    assert [line["message_text"] for line in lines] == ["Zijn jullie open?", "En zondag?"]
    assert len({line["id"] for line in lines}) == 1
    assert csv_rows(archive, "views")[0]["views"] == "12"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_nothing_that_a_visitor_typed_is_a_formula_to_a_spreadsheet(
    world: World, exporting: Exporting, formula: str
):
    add_lead(world, name=formula, email="a@visitor.example", phone="+31612345678")
    add_conversation(world, formula)

    archive = exporting.exported("csv")

    (lead,) = csv_rows(archive, "leads")
    (line,) = csv_rows(archive, "conversations")
    assert (lead["name"], line["message_text"]) == (f"'{formula}", f"'{formula}")
    assert lead["phone"] == "'+31612345678"


def test_twin_json_is_for_programs_and_says_what_was_typed(world: World, exporting: Exporting):
    add_lead(world, name="=1+1", email="a@visitor.example")

    (lead,) = json_rows(exporting.exported(), "leads")

    assert lead["name"] == "=1+1"


def test_no_secret_and_no_index_value_is_in_it(world: World, exporting: Exporting):
    planted(world)

    (lead,) = json_rows(exporting.exported(), "leads")

    assert not {"subjects", "pk", "sk", "gsi1pk", "expires_at", "account_id"} & lead.keys()
