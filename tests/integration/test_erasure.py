"""Deleting a lead or conversation is for good: complete, repeatable, and nobody late undoes it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from leadlayer.chat.store import ConversationStore
from leadlayer.core.clock import iso
from leadlayer.core.table import Table
from leadlayer.exports.model import Export
from leadlayer.exports.store import ExportStore
from leadlayer.leads.desk import LeadDesk
from leadlayer.leads.model import Note
from leadlayer.mail.store import OutboxStore
from leadlayer.privacy.deletions import DeletionStore, run_deletion
from leadlayer.privacy.erasure import SHUT, Eraser, Target, open_eraser
from leadlayer.webhooks.model import Delivery
from leadlayer.webhooks.store import DeliveryStore
from tests.fakes.model import ScriptedModel, capture, said
from tests.integration.inbox_calls import Shop
from tests.world import TABLE, World

PERSONAL = ("lead", "lead_note", "conversation", "message", "subject_ref", "mail", "delivery")


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def left(world: World) -> list[tuple[str, str]]:
    return [(row["type"]["S"], row["sk"]["S"]) for kind in PERSONAL for row in world.rows(kind)]


def everything(shop: Shop) -> tuple[str, str]:
    """A lead with all that can belong to one; gives its id and its conversation's."""
    started = shop.talk()
    lead_id = shop.leave(started=started)
    shop.staff("POST", f"/leads/{lead_id}/notes", {"text": "Nota"})
    for about, kind in (
        (lead_id, "lead.created"),
        (started["conversation"], "conversation.started"),
    ):
        delivery(shop.world, about, kind)
    assert {kind for kind, _ in left(shop.world)} == set(PERSONAL)
    return lead_id, started["conversation"]


def delivery(world: World, about_id: str, kind: Any) -> None:
    now = iso(world.clock())
    stored = DeliveryStore(world.table, clock=world.clock).add(
        Delivery(about_id, "w_1", kind, "a_demo", "s_demo", now)
    )
    assert stored


def export(shop: Shop, export_id: str = "e_1") -> Export:
    now = shop.world.clock()
    made = Export(export_id, "a_demo", "m_owner", "json", iso(now), 1_900_000_000)
    store = ExportStore(shop.world.table, clock=shop.world.clock)
    assert store.add(made)
    claimed = store.claim(made)
    assert claimed is not None
    return claimed


def eraser(shop: Shop, table: Table | None = None) -> Eraser:
    deps = shop.console.deps
    return open_eraser(
        table or shop.world.table, ledger=deps.ledger, files=deps.files, clock=deps.clock
    )


def test_deleting_a_lead_takes_everything_that_belongs_to_it(shop: Shop):
    lead_id, talk = everything(shop)

    assert shop.staff("DELETE", f"/leads/{lead_id}") == (204, None)

    assert left(shop.world) == []
    assert shop.world.rows("deletion") == []
    assert shop.console.ledger.entries == [
        ("a_demo", "erase_lead", f"s_demo/{lead_id}"),
        ("a_demo", "erase_conversation", f"s_demo/{talk}"),
    ]
    for path in (f"/leads/{lead_id}", f"/conversations/{talk}"):
        for method in ("GET", "DELETE"):
            assert shop.staff(method, path)[0] == 404
    assert len(shop.console.ledger.entries) == 2


def test_the_neighbours_keep_every_row(shop: Shop):
    shop.leave(started=shop.talk(), email="buur@example.org", phone="0687654321")
    neighbour = left(shop.world)
    lead_id, _ = everything(shop)

    shop.staff("DELETE", f"/leads/{lead_id}")

    assert left(shop.world) == neighbour


def test_deleting_a_conversation_leaves_the_form_lead_without_a_trace_of_it(shop: Shop):
    lead_id, talk = everything(shop)

    assert shop.staff("DELETE", f"/conversations/{talk}") == (204, None)

    assert talk not in str([row for kind in PERSONAL for row in shop.world.rows(kind)])
    assert {kind for kind, _ in left(shop.world)} == {
        "lead", "lead_note", "subject_ref", "mail", "delivery",
    }  # fmt: skip
    assert shop.lead(lead_id)["conversation"] is None
    assert shop.staff("DELETE", f"/leads/{lead_id}")[0] == 204
    assert left(shop.world) == []


def test_two_leads_of_one_conversation_go_one_by_one(shop: Shop):
    started = shop.talk()
    first = shop.leave(started=started)
    second = shop.leave(started=started, message="Nog iets")

    assert shop.staff("DELETE", f"/leads/{first}")[0] == 204
    assert shop.lead(second)["conversation"] is None
    assert {kind for kind, _ in left(shop.world)} == {"lead", "subject_ref", "mail"}
    assert shop.staff("DELETE", f"/leads/{second}")[0] == 204
    assert left(shop.world) == []


def test_exports_are_withdrawn_and_their_files_deleted(shop: Shop):
    store = ExportStore(shop.world.table, clock=shop.world.clock)
    ready = export(shop)
    assert store.ready(ready, size=1)
    running = export(shop, "e_2")
    shop.console.files.files = {ready.key: b"x", running.key: b"x"}

    shop.staff("DELETE", f"/leads/{shop.leave()}")

    assert [made.state for made in store.of_account("a_demo")] == ["withdrawn"] * 2
    assert shop.console.files.files == {}
    assert not store.ready(running, size=1)


# Broken off anywhere, and done again.


class Crash(Exception):
    pass


class CrashingTable(Table):
    """Breaks down at the nth call that changes something."""

    def __init__(self, world: World, calls: int) -> None:
        super().__init__(clock=world.clock, sleep=lambda _: None)
        self.calls = calls

    def _tick(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Crash

    def write(self, write: Any) -> None:
        self._tick()
        super().write(write)

    def transact(self, writes: Any) -> None:
        self._tick()
        super().transact(writes)

    def _delete_batch(self, waiting: list[dict[str, Any]]) -> None:
        self._tick()
        super()._delete_batch(waiting)


def test_a_deletion_that_crashes_anywhere_is_finished_by_the_next(shop: Shop):
    world, tried = shop.world, 0
    for calls in range(20):
        lead_id, _ = everything(shop)
        targets = [Target("lead", "s_demo", lead_id)]
        export_of_all = export(shop, f"e_{calls}")
        try:
            eraser(shop, CrashingTable(world, calls)).erase("a_demo", targets)
        except Crash:
            tried += 1
            if calls:
                # From the first change on it is gone for everybody.
                assert shop.staff("GET", f"/leads/{lead_id}")[0] == 404
            assert eraser(shop).is_there("a_demo", targets[0])
            assert eraser(shop).erase("a_demo", targets) >= 1
        assert left(world) == []
        assert export_of_all.key in shop.console.files.deleted
        assert not eraser(shop).is_there("a_demo", targets[0])
        if calls > tried:
            break
    # Both heads shut, the index rows, an export withdrawn, the heads' end: each was tried.
    assert 5 <= tried < 19


def test_the_background_finishes_what_a_crash_of_the_console_left(shop: Shop):
    lead_id, _ = everything(shop)
    shop.console.deps.files.delete = crash  # type: ignore[method-assign]
    export(shop)

    assert shop.staff("DELETE", f"/leads/{lead_id}")[0] == 500
    assert left(shop.world) != []
    [job] = shop.world.rows("deletion")
    assert job["gsi1pk"]["S"] == "JOBS"

    del shop.console.deps.files.delete
    deletions = DeletionStore(shop.world.table, clock=shop.world.clock)
    job_id = job["sk"]["S"].removeprefix("DELETION#")
    assert run_deletion(
        "a_demo", job_id, deletions=deletions, eraser=eraser(shop), time_left=lambda: 900
    )
    assert left(shop.world) == []


def crash(_: str) -> None:
    raise Crash


def test_what_is_shut_cannot_be_seen_and_ttl_leaves_it_to_us(shop: Shop):
    lead_id, talk = everything(shop)
    with pytest.raises(Crash):
        # After both heads are shut.
        eraser(shop, CrashingTable(shop.world, 2)).erase(
            "a_demo", [Target("lead", "s_demo", lead_id)]
        )

    [lead] = shop.world.rows("lead")
    assert int(lead["expires_at"]["N"]) == SHUT
    assert not {"name", "email", "phone", "city", "message"} & lead.keys()
    assert shop.console.call("GET", "/v1/leads")[1]["items"] == []
    assert shop.console.call("GET", "/v1/conversations")[1]["items"] == []
    assert shop.staff("GET", f"/conversations/{talk}")[0] == 404


# Whoever is late.


def late(shop: Shop, act: Callable[[], object], about: str) -> None:
    """Deletes first; what comes after brings nothing back."""
    assert shop.staff("DELETE", about)[0] == 204
    assert left(shop.world) == []
    act()
    assert left(shop.world) == []


def test_a_late_edit_or_note_brings_nothing_back(shop: Shop):
    lead_id, _ = everything(shop)
    desk = LeadDesk(shop.world.table)
    lead = desk.find("s_demo", lead_id)
    assert lead is not None

    def act() -> None:
        assert not desk.change(lead, replace(lead, subjects=("x",), state="won"))
        assert not desk.add_note(lead, Note("n_1", "m_owner", "Nota", "t"))
        assert not desk.leave_conversation(lead)
        assert shop.staff("PATCH", f"/leads/{lead_id}", {"state": "won"})[0] == 404
        assert shop.staff("POST", f"/leads/{lead_id}/notes", {"text": "x"})[0] == 404

    late(shop, act, f"/leads/{lead_id}")


def test_a_late_answer_of_staff_brings_nothing_back(shop: Shop):
    lead_id, talk = everything(shop)
    shop.staff("POST", f"/conversations/{talk}/takeover")
    store = ConversationStore(shop.world.table, clock=shop.world.clock)
    found = store.find("s_demo", talk)
    assert found is not None
    said_late = replace(store.history(found)[0], id="MSG9", role="staff")

    def act() -> None:
        assert not store.add_reply(found, said_late, member_id="m_owner")
        assert store.change(found, {"state": "closed"}) is None

    late(shop, act, f"/leads/{lead_id}")


def test_a_late_mark_of_the_mailer_or_a_webhook_brings_nothing_back(shop: Shop):
    lead_id, _ = everything(shop)
    outbox = OutboxStore(shop.world.table)
    deliveries = DeliveryStore(shop.world.table, clock=shop.world.clock)
    mail = outbox.find(lead_id)
    sent = deliveries.find(lead_id, "w_1", "lead.created")
    assert mail is not None
    assert sent is not None

    def act() -> None:
        outbox.mark_sent_to(mail, "m_owner")
        outbox.mark_sent(mail)
        deliveries.settle(sent, "delivered")
        assert not deliveries.retry(sent)

    late(shop, act, f"/leads/{lead_id}")


def test_a_request_that_is_sent_again_stores_nothing_again(shop: Shop):
    key = "key-of-a-lead-that-went"
    lead_id = shop.leave(key=key)
    again: list[str] = []

    late(shop, lambda: again.append(shop.leave(key=key)), f"/leads/{lead_id}")

    # The visitor hears what was said before.
    assert again == [lead_id]


def test_a_message_that_is_sent_again_starts_nothing_again(shop: Shop):
    key = "key-of-a-message-that-went"
    talk = shop.talk("Hallo", key=key)["conversation"]

    def act() -> None:
        with pytest.raises(KeyError):
            shop.talk("Hallo", key=key)

    late(shop, act, f"/conversations/{talk}")


@pytest.mark.parametrize("place", ["during the answer", "before the lead is stored"])
def test_an_answer_on_its_way_stores_neither_itself_nor_a_lead(world: World, place: str):
    shop = Shop(world, model=ScriptedModel())
    asks = [
        capture(email="[EMAIL_1]", phone="[PHONE_1]", consent_given=given)
        for given in (False, True)
    ]
    talk: dict[str, str] = {}

    def delete() -> None:
        assert shop.staff("DELETE", f"/conversations/{talk['conversation']}")[0] == 204

    steps = [delete, *said("Dank je.")] if place == "during the answer" else [delete, *asks[1]]
    shop.model.scripts = [list(asks[0]), list(said("Ok.")), steps, list(said("Dank je."))]
    talk |= shop.talk("Mail jan@example.com of bel 0612345678")

    with pytest.raises(KeyError):
        shop.talk("Akkoord", started=talk)

    assert left(world) == []


# What it costs.


class CountingTable(Table):
    def __init__(self, world: World) -> None:
        super().__init__(clock=world.clock)
        self.batches: list[int] = []

    def _delete_batch(self, waiting: list[dict[str, Any]]) -> None:
        self.batches.append(len(waiting))
        super()._delete_batch(waiting)


def test_a_long_conversation_goes_in_batches_of_25(shop: Shop):
    talk = shop.talk()["conversation"]
    add_messages(shop.world, talk, 298)
    table = CountingTable(shop.world)

    eraser(shop, table).erase("a_demo", [Target("conversation", "s_demo", talk)])

    assert left(shop.world) == []
    # Three hundred messages, and the head.
    assert table.batches == [25] * 12 + [1]


def add_messages(world: World, talk: str, count: int) -> None:
    text = {name: {"S": "x"} for name in ("text", "role", "at")}
    rows: Iterable[dict[str, Any]] = (
        {
            "pk": {"S": f"CONV#s_demo#{talk}"}, "sk": {"S": f"MSG#9{number:03}"},
            "type": {"S": "message"}, "turn": {"N": "1"}, **text,
        }
        for number in range(count)
    )  # fmt: skip
    for row in rows:
        world.client.put_item(TableName=TABLE, Item=row)


def test_another_accounts_lead_is_not_erased_even_when_its_ids_are_known(shop: Shop):
    lead_id, _ = everything(shop)
    before = left(shop.world)

    assert eraser(shop).erase("a_other", [Target("lead", "s_demo", lead_id)]) == 0
    assert left(shop.world) == before
    assert shop.console.ledger.entries == []
