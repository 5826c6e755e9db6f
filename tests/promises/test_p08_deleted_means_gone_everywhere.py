"""P08: what a customer deletes is gone everywhere: as it was, escaped, encoded, or as a plain hash.

One lead goes through everything that could keep something of it: form and conversation, retries,
notes, an answer of staff, mail, webhooks, an export. Then it is deleted and every sink searched.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass

import pytest

from leadlayer.core.clock import iso
from leadlayer.exports.archive import write_archive
from leadlayer.exports.model import Export
from leadlayer.exports.store import ExportStore
from leadlayer.privacy.export import account_sheets
from leadlayer.webhooks.model import Attempt, Delivery
from leadlayer.webhooks.store import DeliveryStore
from tests.canary_scan import hits, row_text
from tests.console_calls import LEDGER_TABLE, ConsoleCalls
from tests.integration.inbox_calls import Shop
from tests.integration.job_calls import work_off
from tests.ledger_table import ledger_in_moto
from tests.world import SITE, TABLE, Context, World, load_event

CANARIES = {
    "name": "Noor de Vries",
    "email": "noor@example.com",
    "typed email": "Noor@Example.com",
    "phone": "+31612345678",
    "typed phone": "06 12345678",
    "city": "Wageningen-Hoog",
    "message": "Mag ik zaterdag een proefrit maken? “Graag”",
    "question": "Hebben jullie ook kinderfietsen voor Bo?",
    "answer": "Goed, dank je.",
    "staff": "Kanariegroet van Anna",
    "note": "Belt het liefst kanarie-vroeg",
    "corrected": "kanarie.noor@example.org",
    "page": "/fietsen/kanarie-blauw",
}
TWICE = "key-of-a-lead-sent-twice"


@dataclass
class Case:
    shop: Shop
    lead: str
    conversation: str
    logged: str = ""


@pytest.fixture
def case(world: World, capsys) -> Case:
    shop = Shop(world)
    jobs = shop.console.jobs
    shop.console = ConsoleCalls(world, ledger=ledger_in_moto(world), jobs=jobs)
    started = shop.talk(CANARIES["question"])
    form = {
        "email": CANARIES["typed email"],
        "phone": CANARIES["typed phone"],
        **{name: CANARIES[name] for name in ("name", "city", "message", "page")},
    }
    lead = shop.leave(started=started, key=TWICE, **form)
    shop.leave(started=started, key=TWICE, **form)
    talk = started["conversation"]
    for method, path, body in (
        ("POST", f"/leads/{lead}/notes", {"text": CANARIES["note"]}),
        ("PATCH", f"/leads/{lead}", {"email": CANARIES["corrected"]}),
        ("POST", f"/conversations/{talk}/takeover", None),
        ("POST", f"/conversations/{talk}/messages", {"text": CANARIES["staff"]}),
        ("GET", f"/leads/{lead}", None),
    ):
        assert shop.staff(method, path, body)[0] < 300
    assert shop.console.call("POST", "/v1/search", {"email": CANARIES["corrected"]})[0] == 200
    tell_webhooks(world, lead, talk)
    make_export(shop)
    return Case(shop, lead, talk, capsys.readouterr().out)


def tell_webhooks(world: World, lead: str, talk: str) -> None:
    now = iso(world.clock())
    store = DeliveryStore(world.table, clock=world.clock)
    for about, kind in ((lead, "lead.created"), (talk, "conversation.started")):
        delivery = Delivery(about, "w_1", kind, "a_demo", "s_demo", now)
        assert store.add(delivery)
        store.log(Attempt(f"t_{kind}", "w_1", delivery.id, kind, now, 500, 12, "status"))


def make_export(shop: Shop) -> None:
    """As the background makes it, with the file in memory."""
    world = shop.world
    store = ExportStore(world.table, clock=world.clock)
    made = Export("e_1", "a_demo", "m_owner", "json", iso(world.clock()), 1_900_000_000)
    assert store.add(made)
    claimed = store.claim(made)
    assert claimed is not None
    file = io.BytesIO()
    sheets = account_sheets("a_demo", table=world.table, clock=world.clock)
    write_archive(file, sheets, wanted="json", now=world.clock(), tell=lambda _: None)
    shop.console.files.files[claimed.key] = file.getvalue()
    assert store.ready(claimed, size=1)


def sinks(case: Case) -> dict[str, str]:
    """Everything that keeps something, as text."""
    client = case.shop.world.client
    files = case.shop.console.files.files.values()
    return {
        "table": row_text(case.shop.world.rows()),
        "index": row_text(client.scan(TableName=TABLE, IndexName="gsi1")["Items"]),
        "ledger": row_text(client.scan(TableName=LEDGER_TABLE)["Items"]),
        "queue": str(case.shop.console.jobs.sent),
        "exports": "\n".join(unpacked(file) for file in files),
        "log": case.logged,
    }


def unpacked(file: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def delete(case: Case, capsys) -> Case:
    assert case.shop.staff("DELETE", f"/leads/{case.lead}")[0] == 204
    case.logged += capsys.readouterr().out
    return case


def test_before_it_is_deleted_the_search_finds_every_value(case: Case):
    stored = {hit.value for hit in hits(CANARIES, sinks(case))}

    # What was typed is kept in its one spelling only; the first address was corrected.
    assert stored == CANARIES.keys() - {"typed phone", "email", "typed email"}
    assert {hit.sink for hit in hits(CANARIES, sinks(case))} == {"table", "index", "exports"}


def test_after_a_lead_is_deleted_nothing_of_it_is_found_anywhere(case: Case, capsys):
    delete(case, capsys)

    assert hits(CANARIES, sinks(case)) == []
    assert len(case.shop.world.client.scan(TableName=LEDGER_TABLE)["Items"]) >= 2
    # The two ids that a customer's own log still names lead nowhere.
    assert case.shop.staff("GET", f"/leads/{case.lead}")[0] == 404


def test_deleting_the_conversation_leaves_nothing_of_what_was_said(case: Case, capsys):
    assert case.shop.staff("DELETE", f"/conversations/{case.conversation}")[0] == 204
    case.logged += capsys.readouterr().out

    typed = {name: CANARIES[name] for name in ("question", "answer", "staff")}
    assert hits(typed, sinks(case)) == []
    assert case.conversation not in row_text(
        row for kind in ("lead", "subject_ref") for row in case.shop.world.rows(kind)
    )


def test_nor_does_the_visitors_own_deletion(case: Case, capsys):
    """The chat shuts it, and the background erases it."""
    shop = case.shop
    event = load_event("chat.delete", path=f"/v1/sites/{SITE.id}/conversations/{case.conversation}")
    token = shop.world.keyring.conversation_token(SITE.id, case.conversation)
    event["headers"] |= {"Authorization": f"Bearer {token}"}
    assert shop.chat(event, Context())["statusCode"] == 204
    typed = {name: CANARIES[name] for name in ("question", "answer", "staff")}
    # Nothing was erased so far, so the search is known to see it.
    assert {hit.sink for hit in hits(typed, sinks(case))} == {"table", "exports"}

    work_off(shop.world, shop.console.jobs, shop.console.files)

    case.logged += capsys.readouterr().out
    assert hits(typed, sinks(case)) == []
    assert shop.world.rows("conversation") == shop.world.rows("erasure") == []
    assert case.conversation not in row_text(
        row for kind in ("lead", "subject_ref", "delivery") for row in shop.world.rows(kind)
    )


def plant(case: Case, **row: str) -> set[tuple[str, str]]:
    """Where a row is found that somebody left behind, and in which spelling."""
    item = {name: {"S": value} for name, value in (row | {"type": "planted"}).items()}
    case.shop.world.client.put_item(TableName=TABLE, Item=item)
    return {(hit.sink, hit.spelling) for hit in hits(CANARIES, sinks(case))}


def test_twin_an_address_left_in_the_outbox_is_found(case: Case, capsys):
    delete(case, capsys)

    found = plant(case, pk="OUTBOX#x", sk="MAIL", to=CANARIES["corrected"])

    assert ("table", "raw") in found


def test_twin_a_plain_hash_of_a_number_as_a_key_of_the_index_is_found(case: Case, capsys):
    delete(case, capsys)
    digest = hashlib.sha256(CANARIES["phone"].encode()).hexdigest()

    found = plant(case, pk="X#1", sk="X", gsi1pk=f"PERSON#{digest}", gsi1sk="1")

    assert found == {("table", "sha256 hex"), ("index", "sha256 hex")}


def test_twin_an_export_that_stays_is_found(case: Case, capsys):
    kept = dict(case.shop.console.files.files)
    delete(case, capsys)
    case.shop.console.files.files |= kept

    assert {hit.sink for hit in hits(CANARIES, sinks(case))} == {"exports"}
