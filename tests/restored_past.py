"""A past with a backup in the middle of it, and copies of that backup to restore."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import boto3

from leadlayer.accounts.ending import last_second
from leadlayer.accounts.model import Account
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import epoch, iso
from leadlayer.core.ids import ulid
from leadlayer.core.table import Table, Write, open_table
from leadlayer.handover import lead_store
from leadlayer.leads.model import ConsentEvidence, Lead
from leadlayer.privacy.erasure import open_eraser
from leadlayer.privacy.ledger import Ledger
from leadlayer.privacy.restore import Restore
from leadlayer.privacy.restore_copy import Copy, Wanted
from leadlayer.privacy.restore_ledger import read_ledger
from leadlayer.sites.store import SiteStore
from tests.console_calls import LEDGER_TABLE, ConsoleCalls, FilesInMemory, people
from tests.console_samples import one_of_everything
from tests.integration.inbox_calls import Shop
from tests.ledger_table import ledger_in_moto
from tests.reused_world import Reset
from tests.world import REGION, SITE, TABLE, World

ERASED = {
    "name": "Noor de Vries",
    "email": "noor@example.com",
    "phone": "+31612345678",
    "question": "Hebben jullie ook kinderfietsen voor Bo?",
    "note": "Belt het liefst kanarie-vroeg",
    "talk": "Kanariegesprek van Cees zonder lead",
    "expired": "kanarie-verlopen@example.org",
    "of an ended account": "kanarie-ended@example.org",
    "removed colleague": "only@shop.example.com",
}
NEIGHBOUR = {"name": "Bram Bakker", "email": "bram@neighbour.example.com", "phone": "+31687654321"}
END = "/v1/account/termination"
WANTED = Wanted(is_protected=True, tags={"stage": "test"})


@dataclass(frozen=True)
class Past:
    """What the world was like when the backup was made, and the world since."""

    world: World
    ledger: Ledger
    backup: str
    lead: str
    talk: str
    alone: str
    neighbour: str


def lead_of(site_id: str, account_id: str, email: str, world: World, *, seconds: int) -> None:
    evidence = ConsentEvidence(
        given=True, version="1", text_hash="h", language="nl", method="form", at=iso(world.clock())
    )
    lead = Lead(
        id=ulid(world.clock()),
        site_id=site_id,
        account_id=account_id,
        created_at=iso(world.clock()),
        visited_at=iso(world.clock()),
        expires_at=epoch(world.clock()) + seconds,
        consent=evidence,
        contact={"email": email},
        subjects=(f"subject-of-{email}",),
    )
    lead_store(world.table, clock=world.clock).add(lead, retry=None)


def customer(world: World, name: str, **account: Any) -> None:
    """An account a_<name> with people, a site s_<name> and a lead."""
    AccountStore(world.table).save(Account(f"a_{name}", f"{name} B.V.", **account))
    people(world, f"a_{name}")
    state = account.get("state", "active")
    site = replace(SITE, id=f"s_{name}", account_id=f"a_{name}", state=state)
    SiteStore(world.table).save(site)
    email = ERASED["of an ended account"] if name == "over" else f"{name}@neighbour.example.com"
    lead_of(site.id, f"a_{name}", email, world, seconds=10**7)


def live_through(reset: Reset) -> Past:
    """Everything that can become of somebody between a backup and its return."""
    world = reset()
    shop = Shop(world)
    shop.console = ConsoleCalls(world, ledger=ledger_in_moto(world))
    ledger, staff = shop.console.ledger, shop.console
    one_of_everything(staff)
    talk = shop.talk(ERASED["question"])
    lead = shop.leave(
        started=talk, name=ERASED["name"], email=ERASED["email"], phone=ERASED["phone"]
    )
    assert shop.staff("POST", f"/leads/{lead}/notes", {"text": ERASED["note"]})[0] == 201
    alone = shop.talk(ERASED["talk"])["conversation"]
    neighbour = shop.leave(started=shop.talk("Zijn jullie open?"), **NEIGHBOUR)
    assert shop.staff("POST", f"/leads/{neighbour}/notes", {"text": "Belt terug"})[0] == 201
    lead_of("s_demo", "a_demo", ERASED["expired"], world, seconds=60)
    ended_at = iso(world.clock() - timedelta(days=90))
    customer(world, "over", state="terminated", terminated_at=ended_at)
    customer(world, "ended")
    customer(world, "back", state="terminated", terminated_at=iso(world.clock()))
    backup = world.client.create_backup(TableName=TABLE, BackupName="before")["BackupDetails"]

    for path in ("/leads/" + lead, f"/conversations/{alone}"):
        world.clock.advance(seconds=1)
        assert shop.staff("DELETE", path)[0] == 204
    # The samples' own leads bear the same name.
    for row in world.rows("lead"):
        if row.get("email", {}).get("S") == ERASED["email"]:
            other = row["sk"]["S"].removeprefix("LEAD#")
            assert shop.staff("DELETE", f"/leads/{other}")[0] == 204
    assert staff.call("DELETE", "/v1/members/m_only_here")[0] == 204
    confirmed = {"confirmation": "ended B.V."}
    assert staff.call("POST", END, confirmed, account="a_ended")[0] == 200
    assert staff.call("DELETE", END, account="a_back", state="terminated")[0] == 200
    world.clock.now = last_second(ended_at) + timedelta(seconds=1)
    return Past(world, ledger, backup["BackupArn"], lead, talk["conversation"], alone, neighbour)


@dataclass
class Drill:
    """A copy of the snapshot, quarantined, with all items pointed at it."""

    past: Past
    name: str
    table: Table
    restore: Restore
    said: list[str]

    def rows(self, **more: Any) -> list[dict[str, Any]]:
        return self.past.world.client.scan(TableName=self.name, **more)["Items"]

    @property
    def world(self) -> World:
        return replace(self.past.world, table=self.table)


def opened(
    past: Past, name: str, said: list[str], *, table: type[Table] = Table, client: Any = None
) -> tuple[Table, Restore]:
    world = past.world
    open_table(name, region=REGION, clock=world.clock)
    on_copy = table(clock=world.clock)
    ledger = Ledger(
        LEDGER_TABLE, region=REGION, clock=world.clock, new_id=lambda: ulid(world.clock())
    )
    eraser = open_eraser(on_copy, ledger=ledger, files=FilesInMemory(), clock=world.clock)
    client = client or boto3.client("dynamodb", region_name=REGION)
    restore = Restore(
        copy=Copy(client, name, world.clock, pause=lambda: None, rounds=20),
        served=TABLE,
        wanted=WANTED,
        table=on_copy,
        eraser=eraser,
        entries=lambda: read_ledger(client, LEDGER_TABLE),
        clock=world.clock,
        tell=said.append,
        segments=2,
    )
    return on_copy, restore


class Crash(Exception):
    """The operator's machine is gone."""


class Mortal:
    """A client and a table that live for so many more writes between them."""

    def __init__(self, client: Any, left: int) -> None:
        self.client, self.left = client, left

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if not name.startswith(("update_", "tag_", "batch_write")):
            return call
        return lambda **parameters: self.spend(lambda: call(**parameters))

    def spend(self, call: Callable[[], Any]) -> Any:
        if not self.left:
            raise Crash
        self.left -= 1
        return call()

    def table(self) -> type[Table]:
        spend = self.spend

        class MortalTable(Table):
            def write(self, write: Write) -> None:
                spend(lambda: Table.write(self, write))

            def transact(self, writes: Any) -> None:
                spend(lambda: Table.transact(self, writes))

            def delete_all(self, items: Any) -> None:
                rows = list(items)
                spend(lambda: Table.delete_all(self, rows))

        return MortalTable
