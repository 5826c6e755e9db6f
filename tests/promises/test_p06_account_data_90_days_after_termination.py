"""P06: while active, and 90 days after termination so that it can be exported; off at once, and
gone with the first run of the purge after the last day. Of what goes and in which order, and of a
purge that is cut off, tests/integration/test_purge_account.py has the rest.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.authorizer import handler as authorizer
from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.web import handler as web
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.console.termination import last_second
from leadlayer.core.clock import iso
from leadlayer.core.table import Table, Write
from leadlayer.privacy.export import account_sheets
from leadlayer.views.store import ViewStore
from tests.console_calls import ConsoleCalls, RecordedLedger, SentJobs, people
from tests.console_samples import one_of_everything
from tests.echo_model import EchoModel
from tests.integration.purge_calls import Rig
from tests.world import SITE, TABLE, Context, World, load_event

CONFIRMED = {"confirmation": "Demo B.V."}
END = "/v1/account/termination"


# How long


@pytest.mark.parametrize(
    ("terminated", "last_day"),
    [
        ("2026-12-15T10:00:00Z", "2027-03-15T22:59:59Z"),
        ("2027-11-30T10:00:00Z", "2028-02-28T22:59:59Z"),
        # Over the change to summer time: the last day has its own midnight.
        ("2027-01-05T10:00:00Z", "2027-04-05T21:59:59Z"),
        # Half past eleven at night in London is the next day in Amsterdam.
        ("2026-12-14T23:30:00Z", "2027-03-15T22:59:59Z"),
        ("2026-12-14T22:30:00Z", "2027-03-14T22:59:59Z"),
    ],
)
def test_ninety_days_go_to_the_end_of_the_day_in_amsterdam(terminated: str, last_day: str):
    assert iso(last_second(terminated)) == last_day


def test_twin_ninety_times_24_hours_are_not_the_end_of_that_day():
    terminated = datetime(2026, 12, 15, 10, tzinfo=UTC)

    assert terminated + timedelta(days=90) < last_second(iso(terminated))


# Off at once


def public(world: World) -> dict[str, Any]:
    """What the outside gets: widget, form, chat, pixel, a key and a webhook's secret."""
    keyring = lambda: world.keyring  # noqa: E731
    handlers = {
        "web.widget_config": web.build(
            web.Deps(world.settings, world.table, world.clock, lambda _: b"")
        ),
        "leads.valid": leads.build(leads.Deps(world.settings, world.table, world.clock, keyring)),
        "chat.json": chat.build(
            chat.Deps(
                world.settings,
                world.table,
                world.clock,
                EchoModel(),
                keyring,
                RecordedLedger(),
                SentJobs(),
            )
        ),
    }
    found: dict[str, Any] = {
        name: handle(load_event(name), Context())["statusCode"] for name, handle in handlers.items()
    }
    views = ViewStore(LiteRows(world), clock=world.clock)  # pyright: ignore[reportArgumentType]
    found["pixel"] = views.site_facts(SITE.id) is not None
    found["secrets"] = sum("secret" in row for row in world.rows("webhook"))
    return found


class LiteRows:
    """The pixel's way to the table, without its wire."""

    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, pk: str, sk: str, attributes: Sequence[str]) -> dict[str, str]:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        row = self._world.client.get_item(TableName=TABLE, Key=key)["Item"]
        return {name: row[name]["S"] for name in attributes if name in row}


def enters(world: World, token: str) -> dict[str, Any]:
    event = load_event("authorizer.session", headers={"authorization": f"Bearer {token}"})
    return authorizer.handle(event, authorizer.build(world.table, world.clock))


def test_widget_chat_pixel_keys_and_webhooks_are_off_at_once_and_sign_in_goes_on(world: World):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    _, made = calls.call("POST", "/v1/api-keys", {"name": "CRM", "role": "agent", "days": 9})
    owner = AccountStore(world.table).find_member("a_demo", "m_owner")
    assert owner is not None
    session = SessionStore(world.table, clock=world.clock).create(owner).token
    on = {"web.widget_config": 200, "leads.valid": 201, "chat.json": 200}
    assert public(world) == on | {"pixel": True, "secrets": 1}
    assert enters(world, made["key"])["isAuthorized"]

    status, account = calls.call("POST", END, CONFIRMED)

    assert (status, account["state"]) == (200, "terminated")
    assert account["export_until"] == "2027-02-21T22:59:59Z"
    off = dict.fromkeys(on, 404)
    assert public(world) == off | {"pixel": False, "secrets": 0}
    assert world.rows("api_key") == []
    assert not enters(world, made["key"])["isAuthorized"]
    said = enters(world, session)
    assert said["isAuthorized"]
    assert said["context"]["account_state"] == "terminated"


def test_twin_a_site_that_is_left_on_is_noticed(world: World):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    calls.call("POST", END, CONFIRMED)

    world.set_site_state("active")

    assert public(world)["leads.valid"] == 201


def test_the_ledger_knows_of_it_before_the_account_does(world: World):
    people(world)
    calls = ConsoleCalls(world)
    world_of_ledger: list[str] = []

    class Looking(type(calls.ledger)):
        def record(self, account_id: str, kind: str, target: str = "") -> None:
            world_of_ledger.append(state_of(world))
            super().record(account_id, kind, target)

    calls = ConsoleCalls(world, ledger=Looking())
    calls.call("POST", END, CONFIRMED)
    calls.call("DELETE", END, state="terminated")

    assert world_of_ledger == ["active", "terminated"]
    assert calls.ledger.entries == [("a_demo", "terminate", ""), ("a_demo", "reactivate", "")]


def state_of(world: World) -> str:
    account = AccountStore(world.table).find("a_demo")
    assert account is not None
    return account.state


@pytest.mark.parametrize("typed", ["", "demo b.v.", "Demo B.V. ", "Demo", "DELETE"])
def test_it_takes_the_exact_name_of_the_account(world: World, typed: str):
    people(world)
    calls = ConsoleCalls(world)

    status, problem = calls.call("POST", END, {"confirmation": typed})

    assert (status, problem["code"]) == (422, "invalid_request")
    assert problem["errors"] == [{"field": "confirmation", "reason": "not_the_name"}]
    assert state_of(world) == "active"
    assert calls.ledger.entries == []


def test_the_owners_are_told_once_by_mail_and_everybody_in_the_console(world: World):
    people(world)
    calls = ConsoleCalls(world)

    calls.call("POST", END, CONFIRMED)
    calls.call("POST", END, CONFIRMED, state="terminated")

    assert [row["kind"]["S"] for row in world.rows("mail")] == ["account_terminated"]
    assert [row["kind"]["S"] for row in world.rows("notice")] == ["account_terminated"]
    assert len(calls.ledger.entries) == 1


# A crash between any two steps


class Crash(Exception):
    """The function is gone."""


class Dying(Table):
    """Lives for so many more writes of the account's end."""

    left = 0

    def write(self, write: Write) -> None:
        self._spend(str(write.item.pk))
        super().write(write)

    def transact(self, writes: Sequence[Write]) -> None:
        self._spend(str(writes[0].item.pk))
        super().transact(writes)

    def _spend(self, pk: str) -> None:
        if pk.startswith("AUDIT#"):
            return
        if not self.left:
            raise Crash
        self.left -= 1


@pytest.mark.parametrize("writes", range(4))
def test_who_asks_again_after_a_crash_finishes_what_it_left(world: World, writes: int):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    dying = Dying(clock=world.clock)
    dying.left = writes
    alive, world.table = world.table, dying
    status, _ = ConsoleCalls(world, ledger=calls.ledger).call("POST", END, CONFIRMED)
    world.table = alive
    # Steps: the account with its sites and news, the key, the webhook.
    assert status == (500 if writes < 3 else 200)

    status, account = calls.call("POST", END, CONFIRMED)

    assert (status, account["state"]) == (200, "terminated")
    found = public(world)
    assert {found.pop(name) for name in ("web.widget_config", "leads.valid", "chat.json")} == {404}
    assert found == {"pixel": False, "secrets": 0}
    assert world.rows("api_key") == []
    assert len([row for row in world.rows("mail") if row["kind"]["S"] == "account_terminated"]) == 1


def test_twin_a_crash_leaves_something_to_finish(world: World):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    dying = Dying(clock=world.clock)
    dying.left = 1
    alive, world.table = world.table, dying

    ConsoleCalls(world).call("POST", END, CONFIRMED)

    world.table = alive
    assert state_of(world) == "terminated"
    assert world.rows("api_key")
    assert public(world)["secrets"] == 1


def test_a_site_that_was_made_this_very_moment_ends_too(world: World):
    """The index may list a new site late."""
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    calls.call("POST", END, CONFIRMED)
    world.set_site_state("active")

    calls.call("POST", END, CONFIRMED, state="terminated")

    assert public(world)["leads.valid"] == 404


# The way back, and the last day


def test_until_the_last_second_it_can_be_exported_and_come_back(world: World):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    calls.call("POST", END, CONFIRMED)
    world.clock.now = datetime(2027, 2, 21, 22, 59, 59, tzinfo=UTC)

    status, _ = calls.call("POST", "/v1/exports", {"format": "json"}, state="terminated")
    assert status == 202
    status, account = calls.call("DELETE", END, state="terminated")
    assert (status, account["state"], account["terminated_at"]) == (200, "active", None)
    found = public(world)
    assert (found["web.widget_config"], found["leads.valid"], found["pixel"]) == (200, 201, True)
    # What was destroyed stays destroyed.
    assert world.rows("api_key") == []
    assert found["secrets"] == 0


def test_after_the_last_second_there_is_no_way_back_and_nothing_left_to_end(world: World):
    people(world)
    calls = ConsoleCalls(world)
    calls.call("POST", END, CONFIRMED)
    world.clock.now = datetime(2027, 2, 21, 23, 0, 0, tzinfo=UTC)
    entered = list(calls.ledger.entries)

    for method, body in (("DELETE", None), ("POST", CONFIRMED)):
        status, problem = calls.call(method, END, body, state="terminated")
        assert (status, problem["code"]) == (409, "account_terminated")
    assert state_of(world) == "terminated"
    assert calls.ledger.entries == entered


def test_coming_back_twice_is_coming_back_once(world: World):
    people(world)
    calls = ConsoleCalls(world)
    calls.call("POST", END, CONFIRMED)

    for _ in range(2):
        status, account = calls.call("DELETE", END, state="terminated")
        assert (status, account["state"]) == (200, "active")
    assert [kind for _, kind, _ in calls.ledger.entries] == ["terminate", "reactivate"]


def test_an_account_with_as_many_sites_as_it_may_have_ends_in_one_transaction(world: World):
    from dataclasses import replace

    people(world)
    for number in range(49):
        world.save_site(replace(SITE, id=f"s_{number:02}"))
    calls = ConsoleCalls(world)

    assert calls.call("POST", END, CONFIRMED)[0] == 200
    assert {row["state"]["S"] for row in world.rows("site")} == {"terminated"}


def test_what_can_be_exported_a_minute_before_the_end_is_gone_with_the_next_purge(world: World):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    calls.call("POST", END, CONFIRMED)
    rig = Rig(world, calls.files)
    # The last day, 23:59 in Amsterdam.
    world.clock.now = datetime(2027, 2, 21, 22, 59, tzinfo=UTC)
    rig.finish_until_now()
    rig.run()
    leads = exported(world)
    assert leads == len(world.rows("lead")) > 0
    assert calls.call("POST", "/v1/exports", {"format": "json"}, state="terminated")[0] == 202

    owner = AccountStore(world.table).find_member("a_demo", "m_owner")
    assert owner is not None
    session = SessionStore(world.table, clock=world.clock).create(owner).token
    assert enters(world, session)["isAuthorized"]

    world.clock.now = datetime(2027, 2, 21, 23, 0, tzinfo=UTC)

    assert rig.run()["account"] == 1
    assert exported(world) == 0
    assert not enters(world, session)["isAuthorized"]
    there = {row["type"]["S"] for row in world.rows()}
    assert not there & {"account", "member", "site", "lead", "conversation", "message", "export"}


def exported(world: World) -> int:
    """How many leads an export of the account holds."""
    sheets = account_sheets("a_demo", table=world.table, clock=world.clock)
    return sum(len(list(sheet.rows)) for sheet in sheets if sheet.name == "leads")


def test_twin_a_purge_without_the_account_in_its_list_is_caught(world: World):
    calls = ConsoleCalls(world)
    one_of_everything(calls)
    calls.call("POST", END, CONFIRMED)
    key = {"pk": {"S": "ACCOUNT#a_demo"}, "sk": {"S": "PROFILE"}}
    world.client.update_item(TableName=TABLE, Key=key, UpdateExpression="REMOVE gsi2pk, gsi2sk")
    rig = Rig(world, calls.files)
    world.clock.now = datetime(2027, 2, 21, 22, 59, tzinfo=UTC)
    rig.finish_until_now()
    world.clock.advance(days=2)

    assert "account" not in rig.run()
    assert world.rows("member")
