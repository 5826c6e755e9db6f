"""P26: a restored backup brings nobody back: snapshot, erase and end and expire, restore, look.

One past is lived through for all tests here; each test restores its snapshot to a copy of its own.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, get_args

import pytest

from leadlayer.accounts.model import Member
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import epoch
from leadlayer.core.table import Item, Put, open_table
from leadlayer.exports.archive import Row as ExportedRow
from leadlayer.leads.desk import NoteItem
from leadlayer.privacy.catalogue import ENTRIES
from leadlayer.privacy.export import account_sheets
from leadlayer.privacy.ledger import LedgerKind
from leadlayer.privacy.restore_check import Report
from leadlayer.privacy.restore_copy import Refused, Wanted
from leadlayer.privacy.restore_rules import DROPPED, KEPT, SHUT
from leadlayer.sites.store import SiteStore
from tests.canary_scan import hits, row_text
from tests.console_calls import LEDGER_TABLE, ConsoleCalls
from tests.console_samples import GUARDED, ask
from tests.repo.template import load, resources
from tests.restored_past import (
    ERASED,
    NEIGHBOUR,
    WANTED,
    Crash,
    Drill,
    Mortal,
    Past,
    live_through,
    opened,
)
from tests.reused_world import Reset
from tests.world import REGION, TABLE

NUMBERS = count()


@pytest.fixture(scope="module")
def past(reset: Reset) -> Past:
    return live_through(reset)


@pytest.fixture
def drill(past: Past) -> Iterator[Drill]:
    world, name, said = past.world, f"quarantine-{next(NUMBERS)}", list[str]()
    now = world.clock.now
    world.client.restore_table_from_backup(TargetTableName=name, BackupArn=past.backup)
    yield Drill(past, name, *opened(past, name, said), said)
    world.clock.now = now
    world.client.update_table(TableName=name, DeletionProtectionEnabled=False)
    world.client.delete_table(TableName=name)
    open_table(TABLE, region=REGION, clock=world.clock)


def places(rows: list[dict[str, Any]], kinds: frozenset[str]) -> dict[tuple[str, str], Any]:
    return {(row["pk"]["S"], row["sk"]["S"]): row for row in rows if row["type"]["S"] in kinds}


def found_in(drill: Drill) -> set[str]:
    """What of the people who must not come back is anywhere in the copy."""
    sinks = {"table": row_text(drill.rows()), "index": row_text(drill.rows(IndexName="gsi1"))}
    return {hit.value for hit in hits(ERASED, sinks)}


# The drill


def test_after_the_steps_nobody_who_was_erased_ended_or_expired_is_in_the_copy(drill: Drill):
    assert found_in(drill) == ERASED.keys()

    report = drill.restore.run()

    assert report.findings == {}
    assert report.rows == len(drill.rows())
    assert found_in(drill) == set()
    assert not [row for row in drill.rows() if "over" in row_text([row]).split("#")]


def test_on_no_read_path_of_the_console_is_any_of_them_found(drill: Drill):
    drill.restore.run()
    calls = ConsoleCalls(drill.world)
    ids = {"lead": drill.past.lead, "conversation": drill.past.talk, "member": "m_only_here"}
    reads = [rule for rule in GUARDED if rule.method == "GET" or rule.path == "/v1/search"]
    assert len(reads) > 15
    seen: list[str] = []
    for rule in reads:
        if "<" in rule.path.replace("<site>", "") and not any(f"<{n}>" in rule.path for n in ids):
            continue
        answer = ask(calls, rule, ids)
        assert answer["statusCode"] in (200, 404)
        if any(f"<{name}>" in rule.path for name in ids):
            assert answer["statusCode"] == 404, rule.path
        seen.append(answer["body"])

    assert hits(ERASED, {"answers": "\n".join(seen)}) == []
    assert NEIGHBOUR["email"] in "\n".join(seen)


def test_no_export_of_the_copy_has_them(drill: Drill):
    drill.restore.run()
    sheets = account_sheets("a_demo", table=drill.table, clock=drill.past.world.clock)
    rows: list[ExportedRow] = [row for sheet in sheets for row, _ in sheet.rows]

    assert hits(ERASED, {"export": str(rows)}) == []
    assert NEIGHBOUR["email"] in str(rows)


def test_what_nobody_changed_since_is_the_same_byte_for_byte(drill: Drill):
    before, live = places(drill.rows(), KEPT), places(drill.past.world.rows(), KEPT)
    now = epoch(drill.past.world.clock())
    same = {
        place: row
        for place, row in before.items()
        if live.get(place) == row
        and int(row.get("expires_at", {}).get("N", now + 1)) > now
        and "over" not in row_text([row])
    }

    drill.restore.run()

    after = places(drill.rows(), KEPT)
    assert drill.past.neighbour in str(same)
    assert {place: after.get(place) for place in same} == same
    # And what is gone from the table is gone from the copy.
    assert after.keys() <= live.keys()


def test_accounts_and_sites_are_on_or_off_as_they_are_now(drill: Drill):
    drill.restore.run()
    accounts, sites = AccountStore(drill.table), SiteStore(drill.table)
    states = {
        name: (account.state if (account := accounts.find(f"a_{name}")) else None)
        for name in ("demo", "ended", "back", "over")
    }

    assert states == {"demo": "active", "ended": "terminated", "back": "active", "over": None}
    ended = accounts.find("a_ended")
    live = [row for row in drill.past.world.rows("account") if row["pk"]["S"] == "ACCOUNT#a_ended"]
    assert ended is not None
    assert ended.terminated_at == live[0]["terminated_at"]["S"]
    assert {site.state for site in sites.of_account("a_ended")} == {"terminated"}
    assert {site.state for site in sites.of_account("a_back")} == {"active"}
    rows = {row["pk"]["S"]: row for row in drill.rows() if row["type"]["S"] == "account"}
    assert rows["ACCOUNT#a_ended"]["purge_at"] == live[0]["purge_at"]
    assert rows["ACCOUNT#a_ended"]["gsi2pk"] == live[0]["gsi2pk"]
    assert "purge_at" not in rows["ACCOUNT#a_back"]


def test_nothing_in_the_copy_lets_anybody_in_or_sends_anything(drill: Drill):
    owner = Member("m_owner", "a_demo", "owner@shop.example", "owner")
    opened_before = SessionStore(drill.table, clock=drill.past.world.clock).create(owner)
    there = {row["type"]["S"] for row in drill.rows()}
    assert {"session", "api_key", "mail", "delivery", "export", "webhook"} <= there

    drill.restore.run()

    assert not {row["type"]["S"] for row in drill.rows()} & DROPPED
    assert SessionStore(drill.table, clock=drill.past.world.clock).find(opened_before.token) is None
    hooks = [row for row in drill.rows() if row["type"]["S"] in SHUT]
    assert hooks
    for row in hooks:
        assert (row["state"]["S"], "secret" in row, "previous" in row) == ("disabled", False, False)


def test_ttl_recovery_stream_protection_and_tags_are_on(drill: Drill):
    client, name = drill.past.world.client, drill.name
    assert drill.restore.copy.faults(WANTED) == ["tags", "ttl", "recovery", "stream", "protection"]

    drill.restore.run()

    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    table = client.describe_table(TableName=name)["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert table["DeletionProtectionEnabled"]
    assert drill.restore.copy.faults(WANTED) == []


def test_the_ledger_is_not_entered_a_second_time(drill: Drill):
    client = drill.past.world.client
    before = client.scan(TableName=LEDGER_TABLE)["Items"]

    drill.restore.run()
    drill.restore.run()

    assert client.scan(TableName=LEDGER_TABLE)["Items"] == before


def test_progress_names_nobody(drill: Drill):
    drill.restore.run()

    assert len(drill.said) > 8
    assert hits(ERASED | NEIGHBOUR, {"said": "\n".join(drill.said)}) == []
    ids = (drill.past.lead, drill.past.talk, "a_demo", "a_over", "m_only_here")
    assert not [each for each in ids if each in "\n".join(drill.said)]


# Quarantine


def test_only_the_check_lifts_the_quarantine_and_what_comes_later_puts_it_back(drill: Drill):
    assert drill.restore.hindrances() == ["it has not been verified"]
    drill.restore.run()
    assert drill.restore.hindrances() == []

    drill.past.world.clock.advance(seconds=1)
    drill.restore.eraser.ledger.record("a_demo", "erase_lead", f"s_demo/{drill.past.neighbour}")

    assert drill.restore.hindrances() == ["1 entries of the ledger are newer than its verification"]
    forget_newest(drill.past.world.client)


def forget_newest(client: Any) -> None:
    newest = max(client.scan(TableName=LEDGER_TABLE)["Items"], key=lambda row: row["sk"]["S"])
    client.delete_item(TableName=LEDGER_TABLE, Key={n: newest[n] for n in ("pk", "sk")})


def test_a_copy_of_a_verified_copy_is_in_quarantine(drill: Drill):
    drill.restore.run()
    client, again = drill.past.world.client, f"{drill.name}-again"
    client.restore_table_to_point_in_time(SourceTableName=drill.name, TargetTableName=again)

    assert replace(drill.restore.copy, name=again).verified_at() is None
    client.delete_table(TableName=again)


def test_the_table_that_is_served_and_one_that_is_no_copy_are_refused(drill: Drill):
    before = drill.past.world.rows()
    for name, served in ((TABLE, TABLE), (LEDGER_TABLE, TABLE)):
        copy = replace(drill.restore.copy, name=name)
        with pytest.raises(Refused):
            replace(drill.restore, copy=copy, served=served).run()
    assert drill.past.world.rows() == before


def test_a_backup_from_before_the_ledger_is_refused(drill: Drill):
    drill.past.world.clock.now += timedelta(days=400)
    later = replace(drill.restore.copy, clock=drill.past.world.clock)

    with pytest.raises(Refused, match="older than the ledger"):
        replace(drill.restore, copy=later).run()


def test_an_entry_that_nobody_can_replay_stops_everything(drill: Drill):
    client = drill.past.world.client
    entry = {"pk": "ACCOUNT#a_demo", "sk": "~", "kind": "of_tomorrow", "at": "2026-11-23T10:00:00Z"}
    client.put_item(TableName=LEDGER_TABLE, Item={n: {"S": v} for n, v in entry.items()})
    with pytest.raises(Refused, match="of_tomorrow"):
        drill.restore.run()
    forget_newest(client)
    assert drill.restore.copy.verified_at() is None


# Crashes


def test_cut_off_again_and_again_a_write_further_each_time_it_ends_the_same(
    drill: Drill, past: Past
):
    """Each run gets one write further than the one before, on the same copy."""
    client = past.world.client
    reports: list[Report] = []
    left = 0
    for left in range(1, 200):
        mortal = Mortal(client, left)
        restore = opened(past, drill.name, [], table=mortal.table(), client=mortal)[1]
        try:
            reports.append(restore.run())
        except Crash:
            continue
        break

    assert left > 10
    assert [report.findings for report in reports] == [{}]
    assert found_in(drill) == set()
    other = f"{drill.name}-whole"
    client.restore_table_from_backup(TargetTableName=other, BackupArn=past.backup)
    opened(past, other, [])[1].run()
    in_order = lambda rows: sorted(map(str, rows))  # noqa: E731
    assert in_order(drill.rows()) == in_order(client.scan(TableName=other)["Items"])
    client.update_table(TableName=other, DeletionProtectionEnabled=False)
    client.delete_table(TableName=other)


# Twins: what the check is there for


def test_twin_a_ledger_that_was_not_replayed_is_seen(drill: Drill):
    forgetful = replace(drill.restore, entries=list)
    forgetful.run()

    report = drill.restore.verify()

    assert report.findings.keys() == {
        "rows of what was erased or removed",
        "accounts on that are off, or off that are on",
    }
    assert drill.restore.hindrances() == ["it has not been verified"]


def test_twin_a_table_without_ttl_is_seen(drill: Drill):
    drill.restore.run()
    off = {"Enabled": False, "AttributeName": "expires_at"}
    drill.past.world.client.update_time_to_live(TableName=drill.name, TimeToLiveSpecification=off)

    assert drill.restore.verify().findings == {"setting ttl": 1}
    assert drill.restore.copy.verified_at() is None


def plant(drill: Drill, *items: Item) -> dict[str, int]:
    drill.restore.run()
    drill.table.transact([Put(item) for item in items])
    return dict(drill.restore.verify().findings)


def test_twin_an_expired_row_that_was_left_is_seen(drill: Drill):
    note = NoteItem("LEADS#s_demo", "NOTE#x#1", text="kanarie", author="m", at="2026")
    note.expires_at = epoch(drill.past.world.clock())

    assert plant(drill, note) == {"rows that have expired": 1}


def test_twin_a_note_of_an_erased_lead_is_seen(drill: Drill):
    note = NoteItem("LEADS#s_demo", f"NOTE#{drill.past.lead}#1", text="kanarie", author="m", at="1")
    note.expires_at = 1858586400

    assert plant(drill, note) == {"rows of what was erased or removed": 1}


def test_twin_a_row_of_an_account_that_is_over_is_seen(drill: Drill):
    note = NoteItem("LEADS#s_over", "NOTE#x#1", text="kanarie", author="m", at="2026")

    assert plant(drill, note) == {"rows of accounts that are over or not there": 1}


def test_twin_a_site_that_was_left_on_is_seen(drill: Drill):
    drill.restore.run()
    (site,) = SiteStore(drill.table).of_account("a_ended")
    SiteStore(drill.table).set_state(site, "active")

    assert drill.restore.verify().findings == {"sites that are not as their account is": 1}


def test_twin_a_credential_or_pending_work_is_seen(drill: Drill):
    items = [Item(f"X#{kind}", "X", type=kind) for kind in sorted(DROPPED)]

    assert plant(drill, *items) == {"rows that let somebody in or send something": len(DROPPED)}


# Nothing is forgotten


def test_each_kind_of_row_and_of_entry_is_decided():
    kinds = {each.kind for each in ENTRIES} - {"ledger"}

    assert kinds == KEPT | DROPPED | SHUT
    replayed = {"erase_lead", "erase_conversation", "terminate", "reactivate", "purge"}
    assert set(get_args(LedgerKind)) == replayed | {"remove_member"}


def test_twin_a_row_of_a_kind_that_nobody_decided_on_is_seen(drill: Drill):
    assert plant(drill, Item("X#1", "X", type="of_tomorrow")) == {
        "rows of a kind that nobody has decided on": 1
    }


def test_the_settings_are_those_of_the_template():
    table = resources(load(), "AWS::DynamoDB::Table")["Table"]

    wanted = Wanted(is_protected=True)
    assert table["TimeToLiveSpecification"]["AttributeName"] == wanted.ttl
    assert table["StreamSpecification"]["StreamViewType"] == wanted.stream
    recovery = table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"]
    assert recovery == wanted.recovery_days
    assert {each["IndexName"] for each in table["GlobalSecondaryIndexes"]} == wanted.indexes
