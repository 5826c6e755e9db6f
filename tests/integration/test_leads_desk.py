"""Leads before the console: listed in bounded pages, changed while they are there, masked."""

import json
from dataclasses import replace
from itertools import batched

import pytest

from leadlayer.console import leads
from leadlayer.core.table import Table, Update
from leadlayer.leads import desk as desk_module
from leadlayer.leads.desk import MOST_NOTES, LeadDesk, NoteItem
from leadlayer.leads.editing import change_lead
from leadlayer.leads.model import LeadChange
from leadlayer.sites.store import SiteStore
from tests.canary_scan import hits
from tests.integration.inbox_calls import NOOR, SITE_PATH, Shop, foreign_site
from tests.world import SITE, TABLE, World

MISSING = "01KASB3H00M4X7C2V9B5N8Q1W3"


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def listed(shop: Shop, **query) -> tuple[list[str], str | None]:
    status, page = shop.console.call("GET", "/v1/leads", query=query)
    assert status == 200
    return [lead["id"] for lead in page["items"]], page["next"]


def all_pages(shop: Shop, **query) -> list[str]:
    found, cursor = listed(shop, **query)
    while cursor:
        more, cursor = listed(shop, **query, cursor=cursor)
        found += more
    return found


def test_leads_of_all_sites_are_one_list_newest_first_in_pages(shop: Shop):
    SiteStore(shop.world.table).save(replace(SITE, id="s_second"))
    first = [shop.leave() for _ in range(3)]
    other = move_to_site(shop, shop.leave(), "s_second")
    last = [shop.leave() for _ in range(3)]
    expected = [*reversed(last), other, *reversed(first)]

    assert all_pages(shop) == all_pages(shop, limit=2) == all_pages(shop, limit=7) == expected
    assert listed(shop, limit=7)[1] is None
    assert all_pages(shop, site="s_second", limit=1) == [other]


def move_to_site(shop: Shop, lead_id: str, site_id: str) -> str:
    """As if it had been left there."""
    [row] = [row for row in shop.world.rows("lead") if row["sk"]["S"].endswith(lead_id)]
    old = {name: row[name] for name in ("pk", "sk")}
    shop.world.client.put_item(TableName=TABLE, Item=row | {"pk": {"S": f"LEADS#{site_id}"}})
    shop.world.client.delete_item(TableName=TABLE, Key=old)
    return lead_id


def test_a_list_is_filtered_by_state_and_by_utc_day(shop: Shop):
    early = shop.leave()
    shop.world.clock.advance(hours=14)
    late = shop.leave()
    assert shop.staff("PATCH", f"/leads/{late}", {"state": "won"})[0] == 200

    assert all_pages(shop, state="won") == all_pages(shop, day="2026-11-24") == [late]
    assert all_pages(shop, state="new") == all_pages(shop, day="2026-11-23") == [early]
    assert all_pages(shop, day="2026-11-22") == all_pages(shop, day="9999-12-31") == []


def test_a_filter_that_fits_little_reads_a_bounded_number_of_rows(shop: Shop):
    rows = copies(shop, 620)
    rare = shop.leave()
    assert shop.staff("PATCH", f"/leads/{rare}", {"state": "won"})[0] == 200
    newer = copies(shop, 620)

    found, cursor = listed(shop, state="won")

    # Ten pages of fifty, all newer than the one that fits: go on from there.
    assert found == []
    assert cursor is not None
    assert all_pages(shop, state="won") == [rare]
    assert rows + newer + 1 == len(shop.world.rows("lead"))


def copies(shop: Shop, count: int) -> int:
    """Many leads, without the form's work."""
    for batch in batched(range(count), 25, strict=False):
        puts = [{"PutRequest": {"Item": bare_lead(shop)}} for _ in batch]
        shop.world.client.batch_write_item(RequestItems={TABLE: puts})
    return count


def bare_lead(shop: Shop) -> dict:
    shop.world.clock.advance(seconds=1)
    text = {
        name: {"S": "x"}
        for name in (
            "created_at", "visited_at", "email", "consent_version", "consent_text_hash",
            "consent_language", "consent_method", "consent_at",
        )
    }  # fmt: skip
    return text | {
        "pk": {"S": f"LEADS#{SITE.id}"},
        "sk": {"S": f"LEAD#{shop.console.deps.new_id()}"},
        "type": {"S": "lead"},
        "account_id": {"S": "a_demo"},
        "state": {"S": "new"},
        "subjects": {"S": "[]"},
        "consent_given": {"BOOL": True},
        "expires_at": {"N": "1900000000"},
    }


def test_a_lead_is_read_with_its_evidence_and_notes(shop: Shop):
    lead_id = shop.leave()
    status, note = shop.staff("POST", f"/leads/{lead_id}/notes", {"text": "Belt liever terug."})
    assert status == 201

    lead = shop.lead(lead_id)

    assert {name: lead[name] for name in NOOR} == NOOR
    assert lead["notes"] == [note]
    assert (note["author"], note["text"]) == ("m_owner", "Belt liever terug.")
    assert (lead["state"], lead["assigned_to"], lead["masked"]) == ("new", None, False)
    assert lead["consent"]["version"] == "1"
    assert lead["expires_at"] == "2028-11-23T10:00:01Z"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_foreign_lead_and_site_answer_like_missing_ones(shop: Shop, method: str):
    foreign_site(shop.world)
    lead_id = move_to_site(shop, shop.leave(), "s_other")
    body = {"state": "won"} if method == "PATCH" else None
    before = shop.world.rows("lead")

    answers = [
        shop.console.answer(method, path, body)
        for path in (
            f"{SITE_PATH}/leads/{MISSING}",
            f"{SITE_PATH}/leads/{lead_id}",
            f"/v1/sites/s_other/leads/{lead_id}",
            f"/v1/sites/s_none/leads/{lead_id}",
        )
    ]

    assert [answer["statusCode"] for answer in answers] == [404] * 4
    assert all(on_the_wire(answer) == on_the_wire(answers[0]) for answer in answers)
    assert shop.world.rows("lead") == before


def on_the_wire(answer: dict) -> dict:
    """API Gateway makes nothing of an empty list of cookies."""
    return {name: value for name, value in answer.items() if value != []}


def test_a_list_of_a_foreign_site_and_a_foreign_cursor_are_refused(shop: Shop):
    foreign_site(shop.world)
    shop.leave()
    shop.leave()
    _, cursor = listed(shop, limit=1)

    assert shop.console.call("GET", "/v1/leads", query={"site": "s_other"})[0] == 404
    for query, account in (
        ({"cursor": cursor}, "a_other"),
        ({"cursor": cursor, "state": "won"}, "a_demo"),
        ({"cursor": "x"}, "a_demo"),
    ):
        status, problem = shop.console.call("GET", "/v1/leads", query=query, account=account)
        assert (status, problem["code"]) == (422, "invalid_cursor")


def test_a_change_of_address_moves_the_lead_in_the_index_of_people(shop: Shop):
    lead_id = shop.leave()
    expires_at = shop.world.rows("lead")[0]["expires_at"]

    status, lead = shop.staff(
        "PATCH",
        f"/leads/{lead_id}",
        {"email": "Noor@New.Example", "city": "Ede", "state": "open", "assigned_to": "m_agent"},
    )

    assert status == 200
    assert (lead["email"], lead["city"], lead["phone"]) == (
        "noor@new.example",
        "Ede",
        NOOR["phone"],
    )
    assert (lead["state"], lead["assigned_to"]) == ("open", "m_agent")
    assert lead == shop.lead(lead_id)
    assert found(shop, email="noor@new.example") == found(shop, phone="06 12345678") == [lead_id]
    assert found(shop, email=NOOR["email"]) == []
    assert len(shop.world.rows("subject_ref")) == 2
    # Never longer than promised when it came in.
    assert {row["expires_at"]["N"] for row in shop.world.rows("subject_ref")} == {expires_at["N"]}
    assert shop.world.rows("lead")[0]["expires_at"] == expires_at


def found(shop: Shop, role: str = "owner", **asked) -> list[str]:
    status, answer = shop.console.call("POST", "/v1/search", asked, role=role)
    assert status == 200
    return [lead["id"] for lead in answer["leads"]]


def test_a_field_is_emptied_by_null_but_the_person_stays_reachable(shop: Shop):
    lead_id = shop.leave()

    assert shop.staff("PATCH", f"/leads/{lead_id}", {"email": None, "name": None})[0] == 200
    assert shop.lead(lead_id)["email"] is shop.lead(lead_id)["name"] is None
    assert found(shop, email=NOOR["email"]) == []
    status, problem = shop.staff("PATCH", f"/leads/{lead_id}", {"phone": None})
    assert (status, problem["code"]) == (422, "contact_missing")
    assert found(shop, phone=NOOR["phone"]) == [lead_id]


@pytest.mark.parametrize(
    "change",
    [
        {"assigned_to": "m_nobody"},
        {"assigned_to": "m_other"},
        {"state": "sold"},
        {"email": "no"},
        {"phone": "12"},
        {"birthday": "x"},
        {"expires_at": 1},
        {"account_id": "a_other"},
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(shop: Shop, change: dict):
    lead_id = shop.leave()
    before = shop.world.rows("lead")

    assert shop.staff("PATCH", f"/leads/{lead_id}", change)[0] == 422
    assert shop.world.rows("lead") == before


class Meddling(LeadDesk):
    """Somebody else is quicker, once."""

    def __init__(self, table: Table, other) -> None:
        super().__init__(table)
        self._other = other

    def change(self, before, after) -> bool:
        other, self._other = self._other, lambda: None
        other()
        return super().change(before, after)


def test_of_two_edits_at_once_both_count_and_no_index_row_is_left_over(shop: Shop):
    lead_id = shop.leave()

    def other() -> None:
        assert shop.staff("PATCH", f"/leads/{lead_id}", {"email": "one@new.example"})[0] == 200

    desk = Meddling(shop.world.table, other)
    lead = desk.find(SITE.id, lead_id)
    assert lead is not None
    change_lead(
        lead,
        LeadChange(phone="06 87654321"),
        country="NL",
        is_colleague=lambda _: True,
        desk=desk,
        keyring=shop.world.keyring,
    )

    assert found(shop, email="one@new.example") == found(shop, phone="+31687654321") == [lead_id]
    assert found(shop, email=NOOR["email"]) == found(shop, phone=NOOR["phone"]) == []
    assert shop.staff("DELETE", f"/leads/{lead_id}")[0] == 204
    assert shop.world.rows("subject_ref") == []


def test_twin_an_edit_that_assumes_nothing_leaves_an_index_row_over(shop: Shop, monkeypatch):
    def careless(before, actions):
        return Update(desk_module._key_item(before), actions)

    monkeypatch.setattr(desk_module, "_update", careless)
    with pytest.raises(AssertionError):
        test_of_two_edits_at_once_both_count_and_no_index_row_is_left_over(shop)


def test_notes_go_one_by_one_and_are_bounded(shop: Shop):
    lead_id = shop.leave()
    path = f"/leads/{lead_id}/notes"
    notes = [shop.staff("POST", path, {"text": f"Nota {n}"})[1] for n in range(MOST_NOTES)]

    status, problem = shop.staff("POST", path, {"text": "Te veel"})
    assert (status, problem["code"]) == (409, "limit_reached")
    assert shop.staff("DELETE", f"{path}/{notes[0]['id']}") == (204, None)
    assert shop.staff("DELETE", f"{path}/{notes[0]['id']}")[0] == 404
    assert shop.staff("POST", path, {"text": "Past weer"})[0] == 201
    assert len(shop.lead(lead_id)["notes"]) == MOST_NOTES


def test_a_note_goes_with_its_lead(shop: Shop):
    lead_id = shop.leave()
    shop.staff("POST", f"/leads/{lead_id}/notes", {"text": "Nota"})
    [lead], [note] = shop.world.rows("lead"), shop.world.rows("lead_note")

    assert note["expires_at"] == lead["expires_at"]
    assert note["type"]["S"] == NoteItem.KIND


# What a viewer may see (P18).


def seen_by_viewer(shop: Shop) -> str:
    """Every answer about leads and conversations that this role gets."""
    started = shop.talk("Ik ben Noor de Vries, noor@example.com")
    lead_id = shop.leave(
        started=started, city="Wageningen", message="Mag ik zaterdag een proefrit?"
    )
    shop.staff("POST", f"/leads/{lead_id}/notes", {"text": "Noor de Vries belt terug"})
    talk = started["conversation"]
    return "\n".join(
        json.dumps(shop.console.call(method, path, body, role="viewer", query=query))
        for method, path, body, query in (
            ("GET", "/v1/leads", None, None),
            ("GET", "/v1/leads", None, {"day": "2026-11-23", "state": "new"}),
            ("GET", f"{SITE_PATH}/leads/{lead_id}", None, None),
            ("GET", "/v1/conversations", None, None),
            ("GET", f"{SITE_PATH}/conversations/{talk}", None, None),
            ("GET", f"{SITE_PATH}/conversations/{talk}/messages", None, None),
            ("POST", "/v1/search", {"email": NOOR["email"]}, None),
            ("POST", "/v1/search", {"phone": NOOR["phone"]}, None),
            ("PATCH", f"{SITE_PATH}/leads/{lead_id}", {"state": "won"}, None),
            ("POST", f"{SITE_PATH}/leads/{lead_id}/notes", {"text": "x"}, None),
            ("POST", f"{SITE_PATH}/conversations/{talk}/takeover", None, None),
        )
    )


UNMASKED = NOOR | {
    "city": "Wageningen",
    "message": "proefrit",
    "note": "belt terug",
    "typed": "Ik ben",
}


def test_a_viewer_reads_no_contact_detail_and_no_text_anywhere(shop: Shop):
    answers = seen_by_viewer(shop)

    assert hits(UNMASKED, {"answers": answers}) == []
    assert json.dumps("N…") in answers
    assert json.dumps("n…@e…") in answers
    assert json.dumps("…78") in answers
    # Read: two lists, a lead, and the same of conversations; refused: what is not for viewers.
    assert [answer[1:4] for answer in answers.split("\n")] == ["200"] * 6 + ["403"] * 5


def test_twin_a_view_that_is_not_masked_is_noticed(shop: Shop, monkeypatch):
    monkeypatch.setattr(leads, "shown", lambda view, _: view)

    found_values = {hit.value for hit in hits(UNMASKED, {"answers": seen_by_viewer(shop)})}
    assert found_values == {"name", "email", "phone", "city", "message", "note"}


# Search


def test_a_person_is_found_by_exact_address_or_number_and_not_by_a_part(shop: Shop):
    started = shop.talk()
    lead_id = shop.leave(started=started)
    shop.leave(email="buur@example.org", phone="0687654321")

    status, answer = shop.console.call("POST", "/v1/search", {"email": "NOOR@example.com"})

    assert status == 200
    assert [lead["id"] for lead in answer["leads"]] == [lead_id]
    assert [talk["id"] for talk in answer["conversations"]] == [started["conversation"]]
    assert found(shop, email="noor@example.co") == found(shop, phone="061234567") == []
    assert found(shop, phone="06 12345678", country="NL") == [lead_id]
    assert found(shop, phone="06 12345678", country="BE") == []


@pytest.mark.parametrize("asked", [{}, {"email": "no"}, {"phone": "1"}, {"name": "Noor"}])
def test_a_search_for_nothing_is_refused(shop: Shop, asked: dict):
    assert shop.console.call("POST", "/v1/search", asked)[0] == 422


def test_another_account_finds_nothing_of_the_person(shop: Shop):
    foreign_site(shop.world)
    shop.leave()

    status, answer = shop.console.call(
        "POST", "/v1/search", {"email": NOOR["email"]}, account="a_other"
    )
    assert (status, answer) == (200, {"leads": [], "conversations": [], "more": False})
