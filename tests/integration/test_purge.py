"""The purge takes what is overdue and nothing else, however often it is cut off on the way."""

import json

import pytest

from leadlayer.core import keys
from leadlayer.core.table import Put, Update
from leadlayer.exports.model import Export
from leadlayer.exports.store import ExportStore
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.deletions import DeletionItem
from leadlayer.privacy.erasure import SHUT
from leadlayer.privacy.purge_store import LEASE_S
from tests.integration.inbox_calls import Shop
from tests.integration.purge_calls import (
    DAY,
    ENDS,
    Rig,
    everything_of_a_neighbour,
    rows_but_the_purges_own,
    two_years_later,
)
from tests.integration.test_erasure import everything, left
from tests.world import SITE, TABLE, World


@pytest.fixture
def rig(world: World) -> Rig:
    return Rig(world)


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


# What goes


@pytest.mark.parametrize(("seconds", "gone"), [(-1, 0), (0, 1), (1, 1)])
def test_a_lead_goes_in_the_second_in_which_its_time_is_over(
    shop: Shop, rig: Rig, seconds: int, gone: int
):
    shop.leave()
    two_years_later(rig, seconds)

    assert rig.plan().get("lead", 0) == gone
    assert rig.run().get("lead", 0) == gone

    assert (left(shop.world) == []) == bool(gone)


def test_everything_that_belongs_to_a_lead_and_its_conversation_goes(shop: Shop, rig: Rig):
    everything(shop)
    two_years_later(rig)

    assert rig.run() == {"lead": 1, "conversation": 1}

    assert left(shop.world) == []
    # A restored copy is swept of what is overdue: nothing has to be remembered for it.
    assert rig.ledger.entries == []


def test_the_neighbours_keep_every_byte(shop: Shop, rig: Rig):
    before = rows_but_the_purges_own(shop.world)
    everything(shop)
    shop.world.clock.advance(days=3)
    kept = {json.dumps(row, sort_keys=True) for row in shop.world.rows()}
    everything_of_a_neighbour(shop)
    neighbours = [row for row in shop.world.rows() if json.dumps(row, sort_keys=True) not in kept]
    two_years_later(rig, DAY)

    assert rig.run() == {"lead": 1, "conversation": 1}

    there = rows_but_the_purges_own(shop.world)
    assert [row for row in neighbours if row not in there] == []
    assert [row for row in before if row not in there] == []


def test_a_lead_that_outlives_its_conversation_keeps_no_trace_of_it(shop: Shop, rig: Rig):
    talk = shop.talk()
    shop.world.clock.advance(days=2)
    lead_id = shop.leave(started=talk)
    two_years_later(rig)

    assert rig.run() == {"conversation": 1}

    assert talk["conversation"] not in str(
        [row for kind in ("lead", "subject_ref", "message") for row in shop.world.rows(kind)]
    )
    assert shop.lead(lead_id)["conversation"] is None
    rig.at(ENDS + 2 * DAY + LEASE_S)
    assert rig.run() == {"lead": 1}
    assert left(shop.world) == []


def test_a_conversation_that_is_kept_longer_stays_when_its_lead_goes(shop: Shop, rig: Rig):
    talk = shop.talk()
    lead_id = shop.leave(started=talk)
    lead = LeadItem(keys.leads(SITE.id), keys.lead(lead_id))
    shop.world.table.write(Update(lead, [LeadItem.expires_at.set(ENDS - 400 * DAY)]))
    rig.at(ENDS - 400 * DAY)
    rig.finish_until_now()

    assert rig.run() == {"lead": 1}

    assert {kind for kind, _ in left(shop.world)} == {"conversation", "message"}


def test_what_an_erasure_shut_and_left_is_found_and_erased(shop: Shop, rig: Rig):
    lead_id, _ = everything(shop)
    head = LeadItem(keys.leads(SITE.id), keys.lead(lead_id))
    shop.world.clock.advance(days=40)
    rig.finish_until_now()
    shop.world.table.write(Update(head, [LeadItem.expires_at.set(SHUT)]))

    # An erasure takes the conversation with its lead.
    assert rig.run() == {"lead": 1}

    assert left(shop.world) == []
    assert [kind for _, kind, _ in rig.ledger.entries] == ["erase_lead", "erase_conversation"]


def test_an_export_goes_with_its_file_and_the_mail_that_told_of_it(shop: Shop, rig: Rig):
    ExportStore(shop.world.table, clock=shop.world.clock).add(
        Export("e_1", "a_demo", "m_owner", "json", "2026-11-23T10:00:00Z", ENDS)
    )
    rig.files.files["exports/a_demo/e_1.zip"] = b"PK"
    two_years_later(rig)

    assert rig.run() == {"export": 1}

    assert rig.files.files == {}
    assert shop.world.rows("export") == []


def test_a_row_of_any_kind_that_is_listed_as_due_goes(shop: Shop, rig: Rig):
    row = DeletionItem("ACCOUNT#a_demo", "DELETION#1", expires_at=ENDS, state="done")
    row.site_id, row.leads, row.conversations = SITE.id, [], []
    row.done = row.total = row.step = 0
    shop.world.table.write(Put(row))
    two_years_later(rig)

    assert rig.run() == {"deletion": 1}
    assert shop.world.rows("deletion") == []


def test_a_row_whose_end_is_lifted_leaves_the_list_and_stays(shop: Shop, rig: Rig):
    lead = LeadItem(keys.leads(SITE.id), keys.lead(shop.leave()))
    shop.world.table.write(Update(lead, [LeadItem.expires_at.remove()]))
    two_years_later(rig)

    assert (rig.plan(), rig.run()) == ({}, {})
    assert len(shop.world.rows("lead")) == 1
    assert "gsi2pk" not in shop.world.rows("lead")[0]


def test_an_end_that_comes_back_and_is_past_is_found_although_its_day_is_finished(
    shop: Shop, rig: Rig
):
    lead = LeadItem(keys.leads(SITE.id), keys.lead(shop.leave()))
    shop.world.table.write(Update(lead, [LeadItem.expires_at.remove()]))
    two_years_later(rig, 9 * DAY)
    rig.finish_until_now()

    shop.world.table.write(Update(lead, [LeadItem.expires_at.set(ENDS)]))

    assert rig.run() == {"lead": 1}


def test_twin_an_end_that_is_written_past_the_table_is_not_found(shop: Shop, rig: Rig):
    lead_id = shop.leave()
    key = {"pk": {"S": keys.leads(SITE.id)}, "sk": {"S": keys.lead(lead_id)}}
    row = shop.world.client.get_item(TableName=TABLE, Key=key)["Item"]
    del row["gsi2pk"], row["gsi2sk"]
    shop.world.client.put_item(TableName=TABLE, Item=row)
    two_years_later(rig, DAY)

    assert rig.run() == {}
    assert shop.world.rows("lead")
