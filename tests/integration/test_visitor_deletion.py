"""A visitor's own deletion ends in the one eraser: whoever crashes, comes late or comes twice."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.chat import handler as chat
from leadlayer.chat.store import ConversationItem, ConversationStore
from leadlayer.core import keys
from leadlayer.core.jobs import job_of, left_behind
from leadlayer.core.shut import SHUT
from leadlayer.core.table import Delete, Table, Update
from leadlayer.exports.store import ExportStore
from leadlayer.leads.store import LeadItem
from tests.canary_scan import hits, row_text
from tests.console_calls import SentJobs
from tests.fakes.model import ScriptedModel, capture, said
from tests.integration.inbox_calls import Shop
from tests.integration.job_calls import Background, work_off
from tests.integration.test_erasure import Crash, CrashingTable, delivery, export, left
from tests.world import SITE, Context, World, load_event

CANARIES = {"question": "Hebben jullie ook kanariefietsen?", "answer": "Goed, dank je."}


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def talk_told_and_exported(shop: Shop, export_id: str = "e_1") -> dict[str, str]:
    """A conversation with an answer, a webhook's delivery and a finished export that holds it."""
    started = shop.talk(CANARIES["question"])
    delivery(shop.world, started["conversation"], "conversation.started")
    made = export(shop, export_id)
    assert ExportStore(shop.world.table, clock=shop.world.clock).ready(made, size=1)
    shop.console.files.files[made.key] = CANARIES["question"].encode()
    return started


def forget(shop: Shop, started: dict[str, str], *, table: Table | None = None, queue=None) -> int:
    """The visitor deletes; the answer's status."""
    world = shop.world
    deps = chat.Deps(
        world.settings,
        table or world.table,
        world.clock,
        shop.model,
        lambda: world.keyring,
        shop.console.ledger,
        queue or shop.console.jobs,
    )
    event = load_event("chat.delete")
    event["headers"] |= {"Authorization": f"Bearer {started['token']}"}
    event["path"] = f"/v1/sites/{SITE.id}/conversations/{started['conversation']}"
    return chat.build(deps)(event, Context())["statusCode"]


def background(shop: Shop, table: Table | None = None) -> Background:
    return Background(shop.world, shop.console.jobs, shop.console.files, table)


def traces(shop: Shop, started: dict[str, str]) -> list[dict[str, Any]]:
    """Rows with the conversation's id, but for those that may name what is gone: the record of a
    retry, for a day, and the log of what staff did."""
    may = ("IDEMP#", "AUDIT#")
    rows = [row for row in shop.world.rows() if not row["pk"]["S"].startswith(may)]
    return [row for row in rows if started["conversation"] in str(row)]


def sinks(shop: Shop) -> dict[str, str]:
    console = shop.console
    return {
        "table": row_text(shop.world.rows()),
        "files": str(console.files.files),
        "queue": str(console.jobs.sent),
        "ledger": str(console.ledger.entries),
    }


def test_it_is_gone_at_once_and_everything_that_held_it_follows(shop: Shop, capsys):
    started = talk_told_and_exported(shop)
    stays = shop.talk("Nog een vraag")
    place = ("a_demo", started["conversation"], SITE.id)
    assert {hit.sink for hit in hits(CANARIES, sinks(shop))} == {"table", "files"}

    assert forget(shop, started) == 204

    assert shop.staff("GET", f"/conversations/{started['conversation']}")[0] == 404
    assert forget(shop, started) == 404
    assert shop.console.jobs.sent == [("erasure", *place)]
    assert shop.console.ledger.entries == [
        ("a_demo", "erase_conversation", f"{SITE.id}/{started['conversation']}")
    ]
    work_off(shop.world, shop.console.jobs, shop.console.files)
    assert traces(shop, started) == []
    exports = ExportStore(shop.world.table, clock=shop.world.clock).of_account("a_demo")
    assert [each.state for each in exports] == ["withdrawn"]
    assert shop.console.files.files == {}
    logged = sinks(shop) | {"log": capsys.readouterr().out}
    assert hits({"question": CANARIES["question"]}, logged) == []
    # The neighbour's conversation, whose answer is the same.
    assert shop.staff("GET", f"/conversations/{stays['conversation']}")[0] == 200


def test_twin_before_the_background_comes_the_scan_finds_it_everywhere(shop: Shop):
    started = talk_told_and_exported(shop)
    forget(shop, started)

    kinds = {row["type"]["S"] for row in traces(shop, started)}

    assert kinds == {"conversation", "message", "delivery", "erasure"}
    assert {hit.sink for hit in hits(CANARIES, sinks(shop))} == {"table", "files"}


def test_whoever_reads_it_meanwhile_finds_nothing(shop: Shop):
    started = talk_told_and_exported(shop)
    forget(shop, started)

    assert shop.console.call("GET", "/v1/conversations")[1]["items"] == []
    with pytest.raises(KeyError):
        shop.talk("Nog iets", started=started)
    [head] = shop.world.rows("conversation")
    assert int(head["expires_at"]["N"]) == SHUT


# Leads stay, and point to nothing that is gone.


def test_a_lead_from_the_form_forgets_the_conversation(shop: Shop):
    started = talk_told_and_exported(shop)
    lead = shop.leave(started=started)
    assert len([row for row in traces(shop, started) if row["type"]["S"] == "subject_ref"]) == 2

    forget(shop, started)
    work_off(shop.world, shop.console.jobs, shop.console.files)

    assert traces(shop, started) == []
    assert shop.lead(lead)["conversation"] is None
    assert {row["sk"]["S"] for row in shop.world.rows("subject_ref")} == {f"LEAD#{SITE.id}#{lead}"}


def test_so_does_one_left_in_it_that_the_index_does_not_list_yet(world: World):
    shop = Shop(world, model=ScriptedModel())
    shop.model.scripts = [
        list(capture(email="[EMAIL_1]", consent_given=False)),
        list(said("Ok.")),
        list(capture(email="[EMAIL_1]", consent_given=True)),
        list(said("Dank je.")),
    ]
    started = shop.talk("Mail jan@example.com")
    shop.talk("Akkoord", started=started)
    [row] = world.rows("lead")
    unlisted = LeadItem(row["pk"]["S"], row["sk"]["S"])
    world.table.write(Update(unlisted, [LeadItem.gsi1pk.remove(), LeadItem.gsi1sk.remove()]))

    forget(shop, started)
    work_off(world, shop.console.jobs, shop.console.files)

    assert traces(shop, started) == []
    assert len(world.rows("lead")) == len(world.rows("subject_ref")) == 1


# Broken off, lost, twice, late.


class DeafQueue(SentJobs):
    def send(self, kind: str, account_id: str, job_id: str, site_id: str = "") -> None:
        raise ConnectionError


def test_a_message_that_cannot_be_sent_is_found_again_by_the_schedule(shop: Shop, capsys):
    started = talk_told_and_exported(shop)
    assert forget(shop, started, queue=DeafQueue()) == 204
    assert "job_not_sent" in capsys.readouterr().out
    worker = background(shop)

    shop.world.clock.advance(minutes=14)
    assert worker.sweep() == {"sent": 0}
    shop.world.clock.advance(minutes=2)
    assert worker.sweep() == {"sent": 1}
    assert shop.console.jobs.sent == [("erasure", "a_demo", started["conversation"], SITE.id)]
    work_off(shop.world, shop.console.jobs, shop.console.files)

    assert traces(shop, started) == []
    assert worker.sweep() == {"sent": 0}


def test_a_crash_of_the_chat_leaves_all_or_a_job(shop: Shop):
    """Its one write comes after the ledger's and before the message."""
    started = talk_told_and_exported(shop)
    before = shop.world.rows()

    assert forget(shop, started, table=CrashingTable(shop.world, 0)) == 500

    assert shop.world.rows() == before
    assert shop.console.jobs.sent == []
    # One call is enough: nothing can come between the shutting and the job.
    assert forget(shop, started, table=CrashingTable(shop.world, 1)) == 204


@pytest.mark.parametrize("resumed", ["redelivery", "schedule"])
def test_a_crash_of_the_background_anywhere_is_made_good(shop: Shop, resumed: str):
    world, queue, tried = shop.world, shop.console.jobs, 0
    for calls in range(20):
        started = talk_told_and_exported(shop, f"e_{calls}")
        shop.leave(started=started)
        forget(shop, started)
        message = queue.sent.pop()
        if not background(shop, CrashingTable(world, calls)).deliver(message):
            tried += 1
            assert traces(shop, started) != []
            if resumed == "schedule":
                world.clock.advance(minutes=16)
                assert background(shop).sweep() == {"sent": 1}
                message = queue.sent.pop()
            assert background(shop).deliver(message)
        assert traces(shop, started) == []
        assert shop.console.files.files == {}
        if calls > tried:
            break
    # The lead let go, its rows, an export withdrawn, the head's end, the wish's: each was tried.
    assert 5 <= tried < 19


def test_a_crash_at_the_file_is_made_good(shop: Shop):
    started = talk_told_and_exported(shop)
    forget(shop, started)
    [message] = shop.console.jobs.sent
    files = shop.console.files
    files.delete = crash  # type: ignore[method-assign]
    assert not background(shop).deliver(message)
    assert files.files != {}

    del files.delete
    assert background(shop).deliver(message)

    assert files.files == {}
    assert traces(shop, started) == []


def crash(_: str) -> None:
    raise Crash


def test_a_message_that_comes_again_does_no_harm(shop: Shop):
    started = talk_told_and_exported(shop)
    forget(shop, started)
    [message] = shop.console.jobs.sent
    assert background(shop).deliver(message)
    late = export(shop, "e_late")
    before = shop.world.rows()

    again = background(shop)
    assert again.deliver(message)

    assert shop.world.rows() == before
    assert again.ledger.entries == []
    # What was made since does not hold it.
    assert late.state == "running"


def test_a_message_about_what_nobody_deleted_erases_nothing(shop: Shop):
    started = talk_told_and_exported(shop)
    before = shop.world.rows()
    worker = background(shop)

    assert worker.deliver(("erasure", "a_demo", started["conversation"], SITE.id))
    assert shop.world.rows() == before
    # Nor does one in another customer's name about what was.
    forget(shop, started)
    before = shop.world.rows()
    assert worker.deliver(("erasure", "a_other", started["conversation"], SITE.id))
    assert shop.world.rows() == before
    assert worker.ledger.entries == []


@pytest.mark.parametrize("site", ["a#b", "", "x" * 65, None, 5, ["s_demo"]])
def test_a_message_with_a_place_that_is_none_is_refused(site: object):
    with pytest.raises(ValueError, match="ids"):
        job_of(json.dumps({"kind": "erasure", "account": "a", "job": "c", "site": site}))


def test_staff_and_visitor_delete_it_at_the_same_time(shop: Shop):
    started = talk_told_and_exported(shop)
    forget(shop, started)

    assert shop.staff("DELETE", f"/conversations/{started['conversation']}")[0] == 204
    work_off(shop.world, shop.console.jobs, shop.console.files)

    assert traces(shop, started) == []


def test_a_visitor_who_is_behind_staff_hears_that_it_is_gone(shop: Shop):
    started = shop.talk()

    class StaffIsQuicker(Table):
        def transact(self, writes: Any) -> None:
            shop.staff("DELETE", f"/conversations/{started['conversation']}")
            super().transact(writes)

    assert forget(shop, started, table=StaffIsQuicker(clock=shop.world.clock)) == 404
    assert shop.console.jobs.sent == []
    assert traces(shop, started) == []


def late_turn(store: ConversationStore, found: Any) -> None:
    assert store.change(found, {"state": "closed"}) is None


def late_reply(store: ConversationStore, found: Any) -> None:
    [question, _] = store.history(found)
    assert not store.add_reply(found, question, member_id="m_owner")


@pytest.mark.parametrize("late", [late_turn, late_reply])
@pytest.mark.parametrize("when", ["before the background", "after it"])
def test_nobody_late_brings_it_back(shop: Shop, late: Callable[..., None], when: str):
    started = talk_told_and_exported(shop)
    shop.staff("POST", f"/conversations/{started['conversation']}/takeover")
    store = ConversationStore(shop.world.table, clock=shop.world.clock)
    found = store.find(SITE.id, started["conversation"])
    history = store.history(found)  # type: ignore[arg-type]
    store.history = lambda _: history  # type: ignore[method-assign]
    forget(shop, started)
    if when == "after it":
        work_off(shop.world, shop.console.jobs, shop.console.files)
        late(store, found)
    else:
        late(store, found)
        work_off(shop.world, shop.console.jobs, shop.console.files)

    assert traces(shop, started) == []
    assert left(shop.world) == []


def test_an_answer_on_its_way_stores_nothing(world: World):
    shop = Shop(world, model=ScriptedModel())
    shop.model.scripts = [list(said("Ja."))]
    started = shop.talk()
    shop.model.scripts = [[lambda: forget(shop, started), *said("Kanarie-laat.")]]

    with pytest.raises(KeyError):
        shop.talk("Nog iets", started=started)

    assert "Kanarie-laat" not in str(world.rows())
    work_off(world, shop.console.jobs)
    assert traces(shop, started) == []


def test_twin_a_head_that_went_without_its_job_is_noticed(shop: Shop):
    """As it would be without the transaction: nobody would ever find the messages."""
    started = talk_told_and_exported(shop)
    pk = keys.conversation(SITE.id, started["conversation"])
    shop.world.table.write(Delete(ConversationItem(pk, "META")))
    shop.world.clock.advance(minutes=16)
    now = shop.world.clock()

    assert left_behind(shop.world.table, before=now, now=now, limit=9) == []
    assert {row["type"]["S"] for row in traces(shop, started)} == {"message", "delivery"}
