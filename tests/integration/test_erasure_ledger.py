"""The ledger: ids in a table of its own, over the connection that is open anyway."""

from leadlayer.core.table import Item
from leadlayer.privacy.ledger import LedgerItem
from tests.console_calls import LEDGER_TABLE, ConsoleCalls, people
from tests.ledger_table import ledger_in_moto
from tests.world import TABLE, World


def entries(world: World) -> list[dict]:
    return world.client.scan(TableName=LEDGER_TABLE)["Items"]


def test_an_entry_holds_ids_and_outlives_every_copy_of_the_table(world: World):
    before = world.rows()

    ledger_in_moto(world).record("a_demo", "erase_lead", "s_demo/l_1")

    [entry] = entries(world)
    assert entry.pop("sk")["S"].startswith("01")
    assert entry == {
        "pk": {"S": "ACCOUNT#a_demo"},
        "type": {"S": "ledger"},
        "kind": {"S": "erase_lead"},
        "target": {"S": "s_demo/l_1"},
        "at": {"S": "2026-11-23T10:00:00Z"},
        # Six months on: 2027-05-23T10:00:00Z.
        "expires_at": {"N": "1811066400"},
    }
    assert world.rows() == before


def test_the_other_rows_stay_in_their_table(world: World):
    ledger_in_moto(world)
    ledger_in_moto(world).record("a_demo", "terminate")
    world.save_site()

    assert Item.Meta.table_name == TABLE
    assert len(world.rows("site")) == 1
    assert [entry["kind"]["S"] for entry in entries(world)] == ["terminate"]


def test_the_ledger_opens_no_connection_of_its_own(world: World):
    ledger_in_moto(world)

    assert LedgerItem._get_connection().connection is Item._get_connection().connection


def test_who_is_removed_is_entered_and_an_owner_who_must_stay_is_not(world: World):
    people(world)
    calls = ConsoleCalls(world)

    assert calls.call("DELETE", "/v1/members/m_agent")[0] == 204
    status, problem = calls.call("DELETE", "/v1/members/m_owner")

    assert (status, problem["code"]) == (409, "last_owner")
    assert calls.call("DELETE", "/v1/members/m_missing")[0] == 404
    assert calls.ledger.entries == [("a_demo", "remove_member", "m_agent")]
