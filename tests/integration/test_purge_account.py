"""An account whose last day is over goes with everything that it ever had, and nobody else does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from leadlayer.accounts.store import AccountStore
from leadlayer.chat.budget import UsageItem
from leadlayer.core import keys
from leadlayer.core.table import ConditionFailed, Item, Put
from leadlayer.exports.store import ExportItem
from leadlayer.privacy.purge_account import AccountPurge
from leadlayer.privacy.purge_budget import Budget
from leadlayer.privacy.purge_store import LEASE_S
from leadlayer.sites.model import KeptText
from leadlayer.sites.store import SiteStore
from leadlayer.views.rows import MonthlyViewStore, ViewItem
from leadlayer.webhooks.model import Attempt
from leadlayer.webhooks.store import DeliveryStore
from tests.canary_scan import row_text
from tests.console_calls import ConsoleCalls, other_account
from tests.console_samples import one_of_everything
from tests.integration.export_calls import add_conversation, add_lead
from tests.integration.purge_calls import Killed, Mortal, Rig, rows_but_the_purges_own
from tests.world import SITE, Context, World

# Terminated on 2026-11-23, so the last second is 2027-02-21T22:59:59Z.
OVER = 1803250800
CONFIRMED = {"confirmation": "Demo B.V."}
# Of these TTL has taken what the account had, days or weeks before the purge comes.
SHORT = ("idempotency", "rate", "rate_salt", "download", "sign_in_link")


class Fiscal(Item):
    """What the books of an ended account must keep: nothing writes it yet."""

    KIND = "fiscal_year"


@pytest.fixture
def ended(world: World) -> Rig:
    """One of everything, the account terminated, and a neighbour with some of it."""
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    calls.call("POST", "/v1/api-keys", {"name": "CRM", "role": "agent", "days": 90})
    _fill(world)
    other_account(world)
    neighbour = _neighbours_site(world)
    add_lead(world, site=neighbour, name="Vreemd", email="vreemd@visitor.example")
    add_conversation(world, "Vreemde vraag", site=neighbour)
    world.clock.now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert calls.call("POST", "/v1/account/termination", CONFIRMED)[0] == 200
    rig = Rig(world)
    for row in world.rows("export"):
        rig.files.files[f"exports/a_demo/{row['sk']['S'].partition('#')[2]}.zip"] = b"PK"
    rig.files.files["exports/a_other/e_9.zip"] = b"PK"
    return rig


def _fill(world: World) -> None:
    """What no route of the console makes."""
    SiteStore(world.table).change(
        SITE, SITE, shown=(KeptText("v0", {"nl": "Tekst"}, "2026-11-23T10:00:00Z"),)
    )
    world.table.write(Put(UsageItem(keys.usage(SITE.id), keys.day("2026-11-23"), turns=1)))
    for month in ("2026-11", "2025-01"):
        for shard in (0, 7):
            place = keys.views(SITE.id, month, shard)
            world.table.write(Put(ViewItem(place, keys.view("02", "/kanarie"), views=3)))
    MonthlyViewStore(world.table).keep_statistics(SITE.id, "2024-01", {"/": 90})
    webhook = world.rows("webhook")[0]["sk"]["S"].partition("#")[2]
    DeliveryStore(world.table, clock=world.clock).log(
        Attempt("t_1", webhook, "d_1", "lead.created", "2026-11-23T10:00:00Z", 500, 12, "status")
    )
    world.table.write(Put(Fiscal("FISCAL#a_demo", "YEAR#2026")))


def _neighbours_site(world: World) -> Any:
    from dataclasses import replace

    site = replace(SITE, id="s_other", account_id="a_other", name="Andere winkel")
    return world.save_site(site)


def over(rig: Rig, seconds: int = 0) -> None:
    rig.at(OVER)
    rig.finish_until_now()
    rig.at(OVER + seconds)


def of(rig: Rig, *names: str) -> list[dict[str, Any]]:
    """Rows that name one of these anywhere, but for what TTL has long taken."""
    rows = [row for row in rows_but_the_purges_own(rig.world) if row["type"]["S"] not in SHORT]
    return [row for row in rows if any(name in row_text([row]) for name in names)]


def own(rig: Rig) -> list[dict[str, Any]]:
    found = of(rig, "a_demo", "s_demo")
    hidden = [row for row in rig.world.rows() if row["pk"]["S"].startswith("HOOKLOG#")]
    return [row for row in (*found, *hidden) if row["type"]["S"] not in ("fiscal_year", "mail")]


@pytest.mark.parametrize(("seconds", "gone"), [(-1, 0), (0, 1), (1, 1)])
def test_it_goes_in_the_second_after_its_last_day(ended: Rig, seconds: int, gone: int):
    over(ended, seconds)

    assert ended.plan().get("account", 0) == gone
    assert ended.run().get("account", 0) == gone

    assert (own(ended) == []) == bool(gone)


def test_everything_of_it_goes_and_nothing_of_its_neighbour(ended: Rig):
    kinds = {row["type"]["S"] for row in own(ended)}
    assert kinds >= {
        "account", "member", "person_ref", "session", "site", "consent_text", "usage",
        "lead", "lead_note", "conversation", "message", "subject_ref", "delivery",
        "delivery_attempt", "webhook", "export", "notice", "audit_entry", "audit_head",
        "view_counter", "view_statistics", "deletion",
    }  # fmt: skip
    neighbours = of(ended, "a_other", "s_other")
    over(ended)

    assert ended.run()["account"] == 1

    assert own(ended) == []
    assert of(ended, "a_other", "s_other") == neighbours
    assert list(ended.files.files) == ["exports/a_other/e_9.zip"]
    # The mail that told of the end is a week old at most where TTL runs; it holds ids alone.
    assert {row["type"]["S"] for row in of(ended, "a_demo")} <= {"fiscal_year", "mail"}


def test_what_the_tax_office_asks_for_stays(ended: Rig):
    over(ended)
    ended.run()

    assert [row["pk"]["S"] for row in ended.world.rows("fiscal_year")] == ["FISCAL#a_demo"]


def test_the_ledger_knows_of_it_before_anything_goes(ended: Rig):
    over(ended)
    there: list[int] = []

    class Looking(type(ended.ledger)):
        def record(self, account_id: str, kind: str, target: str = "") -> None:
            there.append(len(own(ended)))
            super().record(account_id, kind, target)

    before = len(own(ended))
    looking = Looking()
    world = ended.world
    purge = AccountPurge(world.table, looking, ended.files, None)  # pyright: ignore[reportArgumentType]
    steps: Callable[[str], Any] = lambda _: iter(())  # noqa: E731
    object.__setattr__(purge, "_steps", steps)
    purge.purge("a_demo", Budget(lambda: 900, sleep=lambda _: None))

    assert there == [before]
    assert looking.entries == [("a_demo", "purge", "")]


def test_killed_at_every_call_and_started_again_it_goes_to_the_end(ended: Rig):
    neighbours = of(ended, "a_other", "s_other")
    over(ended)
    runs = 0

    for _ in ended.killed_at_every_call():
        runs += 1
        if own(ended):
            # As long as anything is left, so is what tells that there is.
            assert AccountRow(ended).is_there

    assert runs >= 10
    assert own(ended) == []
    assert of(ended, "a_other", "s_other") == neighbours
    assert {kind for _, kind, _ in ended.ledger.entries} == {"purge"}


class AccountRow:
    def __init__(self, rig: Rig) -> None:
        found = rig.world.rows("account")
        self.is_there = "ACCOUNT#a_demo" in [row["pk"]["S"] for row in found]


def test_twin_a_purge_that_begins_with_the_account_leaves_the_rest_for_good(ended: Rig):
    over(ended)
    key = {"pk": {"S": "ACCOUNT#a_demo"}, "sk": {"S": "PROFILE"}}
    ended.world.client.delete_item(TableName="leadlayer-test", Key=key)

    ended.run()

    assert own(ended) != []


def test_twin_what_is_put_beside_the_known_places_is_found_by_the_check(ended: Rig):
    over(ended)
    ended.run()

    ended.world.table.write(Put(Fiscal("ELSEWHERE#1", "a_demo")))
    row = {"pk": {"S": "ELSEWHERE#2"}, "sk": {"S": "s_demo"}, "type": {"S": "planted"}}
    ended.world.client.put_item(TableName="leadlayer-test", Item=row)

    assert own(ended) == [row]


def test_it_takes_as_many_runs_as_it_needs(ended: Rig):
    over(ended)

    class Hurried:
        """Time for a few steps."""

        def __init__(self) -> None:
            self.looks = 9

        def get_remaining_time_in_millis(self) -> int:
            self.looks -= 1
            return 900_000 if self.looks > 0 else 1_000

    runs = 0
    while AccountRow(ended).is_there and runs < 60:
        Rig(ended.world, ended.files, ended.ledger, Hurried()).run()
        runs += 1

    assert runs > 2
    assert own(ended) == []


def test_once_it_goes_nobody_gets_in_and_nothing_can_be_made(ended: Rig):
    over(ended)
    with pytest.raises(Killed):
        ended.run(Mortal(8))

    assert AccountRow(ended).is_there
    assert AccountStore(ended.world.table).find("a_demo") is None
    from leadlayer.accounts.store import still_active

    with pytest.raises(ConditionFailed):
        ended.world.table.transact([still_active("a_demo")])


def test_whoever_was_let_in_just_before_is_waited_for_before_anything_goes(ended: Rig):
    over(ended)
    there: list[int] = []

    class Waiting(list[float]):
        def append(self, seconds: float) -> None:
            if seconds >= 60:
                there.append(len(own(ended)))
                assert AccountStore(ended.world.table).find("a_demo") is None
            super().append(seconds)

    before = len(own(ended))
    ended.slept = Waiting()
    ended.run()

    assert there == [before]


def test_none_is_shut_when_the_wait_for_it_would_not_fit_into_the_run(ended: Rig):
    over(ended)

    class Late(Context):
        def get_remaining_time_in_millis(self) -> int:
            return 89_000

    late = Rig(ended.world, ended.files, ended.ledger, Late())

    assert late.run() == {"account": 0}
    assert AccountStore(ended.world.table).find("a_demo") is not None
    assert (late.slept, ended.ledger.entries) == ([], [])


def test_one_that_came_back_in_its_last_second_stays(ended: Rig):
    ended.at(OVER - 1)
    ended.finish_until_now()
    calls = ConsoleCalls(ended.world)
    assert calls.call("DELETE", "/v1/account/termination", state="terminated")[0] == 200
    ended.at(OVER + 3600 + LEASE_S)

    assert "account" not in ended.run()
    assert AccountStore(ended.world.table).find("a_demo") is not None
    assert "gsi2pk" not in next(
        row for row in ended.world.rows("account") if row["pk"]["S"] == "ACCOUNT#a_demo"
    )


def test_one_that_comes_back_while_the_index_still_lists_it_stays(ended: Rig):
    over(ended)
    ended.at(OVER - 1)
    ConsoleCalls(ended.world).call("DELETE", "/v1/account/termination", state="terminated")
    ended.at(OVER)
    world = ended.world
    purge = AccountPurge(world.table, ended.ledger, ended.files, None)  # pyright: ignore[reportArgumentType]

    assert purge.purge("a_demo", Budget(lambda: 900, sleep=lambda _: None)) == 0
    assert ended.ledger.entries == []


def test_an_active_account_is_not_listed_at_all(world: World):
    row = next(row for row in world.rows("account"))

    assert "gsi2pk" not in row
    assert "purge_at" not in row


def test_an_export_of_the_last_days_goes_with_its_file(ended: Rig):
    ended.at(OVER - 60)
    ended.finish_until_now()
    late = ExportItem(keys.account("a_demo"), keys.export("e_late"), expires_at=OVER + 604_800)
    late.member_id, late.format, late.state, late.created_at = "m_owner", "json", "ready", "x"
    late.progress = late.bytes = late.tries = late.lease_until = 0
    ended.world.table.write(Put(late))
    ended.files.files["exports/a_demo/e_late.zip"] = b"PK"
    ended.at(OVER)

    ended.run()

    assert "exports/a_demo/e_late.zip" not in ended.files.files
