"""The authorizer: whom a token stands for this moment, at little cost; a denial says nothing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.authorizer import handler
from leadlayer.accounts.keys_store import ApiKeyStore
from leadlayer.accounts.model import Account
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import caller_of
from leadlayer.core.clock import epoch
from leadlayer.core.table import Table
from tests.canaries import CANARIES
from tests.integration.sign_in_calls import Recorded, authorize, end_account, join
from tests.world import World, load_event

DENIED = {"isAuthorized": False}


def signed_in(world: World, role="agent", **changes: Any) -> str:
    member = join(world, "noor@example.com", role, **changes)
    return SessionStore(world.table, clock=world.clock).create(member).token


def key_of(world: World, role="agent", days: int = 30) -> str:
    store = ApiKeyStore(world.table, clock=world.clock)
    return store.create("a_demo", name="CRM", role=role, days=days)[0]


def call(world: World, event: dict) -> dict:
    return handler.handle(event, handler.build(world.table, world.clock))


# Who is let in


@pytest.mark.parametrize("role", ["owner", "admin", "agent", "viewer", "privacy_officer"])
def test_a_session_stands_for_its_member(world: World, role):
    answer = authorize(world, signed_in(world, role))

    (row,) = world.rows("session")
    assert answer == {
        "isAuthorized": True,
        "context": {
            "account": "a_demo",
            "role": role,
            "account_state": "active",
            "member": "m_noor",
            "session": row["gsi1sk"]["S"],
            "key": "",
            "signed_in_at": epoch(world.clock.now),
        },
    }


def test_a_key_stands_for_its_account_with_its_own_role_and_is_never_recent(world: World):
    answer = authorize(world, key_of(world, "viewer"))

    (row,) = world.rows("api_key")
    assert answer["context"] == {
        "account": "a_demo",
        "role": "viewer",
        "account_state": "active",
        "member": "",
        "session": "",
        "key": row["gsi1sk"]["S"],
        "signed_in_at": 0,
    }


@pytest.mark.parametrize("make", [signed_in, key_of])
def test_the_console_understands_what_the_authorizer_says(world: World, make):
    context = authorize(world, make(world))["context"]

    caller = caller_of({"requestContext": {"authorizer": {"lambda": context}}})

    assert (caller.account_id, caller.role) == ("a_demo", "agent")
    assert caller.actor == (
        f"key:{context['key']}" if context["key"] else f"member:{context['member']}"
    )


@pytest.mark.parametrize("header", ["authorization", "Authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_header_and_scheme_count_in_any_case(world: World, header, scheme):
    event = load_event("authorizer.session")
    del event["headers"]["authorization"]
    event["headers"][header] = f"{scheme} {signed_in(world)}"

    assert call(world, event)["isAuthorized"]


# Who is not


def sign_out(world: World) -> None:
    sessions = SessionStore(world.table, clock=world.clock)
    (row,) = world.rows("session")
    sessions.revoke("a_demo", "m_noor", row["gsi1sk"]["S"])


ENDINGS = {
    "signed out": sign_out,
    "signed out everywhere": lambda world: AccountStore(world.table).sign_out_everywhere(
        "a_demo", "m_noor"
    ),
    "twelve hours over": lambda world: world.clock.advance(hours=12),
    "removed": lambda world: AccountStore(world.table).remove_member("a_demo", "m_noor"),
    "invited again": lambda world: join(world, "noor@example.com", state="invited"),
    "account purged": lambda world: world.client.delete_item(
        TableName="leadlayer-test", Key={"pk": {"S": "ACCOUNT#a_demo"}, "sk": {"S": "PROFILE"}}
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_session_ends_at_once_and_the_denial_does_not_say_why(world: World, ending):
    token = signed_in(world)
    assert authorize(world, token)["isAuthorized"]

    ENDINGS[ending](world)

    assert authorize(world, token) == DENIED


def test_a_session_lives_to_the_last_second_of_its_twelve_hours(world: World):
    token = signed_in(world)
    world.clock.advance(hours=12, seconds=-1)

    assert authorize(world, token)["isAuthorized"]


def test_signing_out_everywhere_ends_old_sessions_and_no_later_one(world: World):
    old = signed_in(world)
    AccountStore(world.table).sign_out_everywhere("a_demo", "m_noor")
    member = AccountStore(world.table).find_member("a_demo", "m_noor")
    assert member is not None
    sessions = SessionStore(world.table, clock=world.clock)
    new = sessions.create(member)

    assert authorize(world, old) == DENIED
    assert authorize(world, new.token)["isAuthorized"]
    assert sessions.list_of(member) == [new.session]


def test_a_lowered_role_counts_from_the_next_look(world: World):
    token = signed_in(world, "admin")
    AccountStore(world.table).change_role("a_demo", "m_noor", "viewer")

    assert authorize(world, token)["context"]["role"] == "viewer"


def test_in_a_terminated_account_people_go_on_and_keys_do_not(world: World):
    token, key = signed_in(world, "owner"), key_of(world)
    end_account(world)

    assert authorize(world, token)["context"]["account_state"] == "terminated"
    assert authorize(world, key) == DENIED


@pytest.mark.parametrize(("seconds", "is_let_in"), [(-1, True), (0, False), (1, False)])
def test_a_key_ends_when_they_said(world: World, seconds, is_let_in):
    key = key_of(world, days=30)
    world.clock.advance(days=30, seconds=seconds)

    assert authorize(world, key)["isAuthorized"] is is_let_in


def test_a_revoked_key_is_out_and_the_others_are_not(world: World):
    keys = ApiKeyStore(world.table, clock=world.clock)
    gone, kept = key_of(world), key_of(world)
    listed = {key.prefix: key.id for key in keys.list("a_demo")}
    assert keys.revoke("a_demo", listed[gone[:8]])

    assert authorize(world, gone) == DENIED
    assert authorize(world, kept)["isAuthorized"]


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Basic bGxz", "Bearer lls_", "Bearer llk_", "Bearer x", "lls_x",
     "Bearer lls_" + "x" * 5000, "Bearer lls_é\u2603", "Bearer SESSION#x", "Bearer \ud800lls_"],
)  # fmt: skip
def test_what_is_no_token_is_denied(world: World, value):
    signed_in(world)
    event = load_event("authorizer.session", headers={"authorization": value})

    assert call(world, event) == DENIED


@pytest.mark.parametrize(
    "name", ["authorizer.session", "authorizer.api_key", "authorizer.no_token"]
)
def test_tokens_of_another_time_are_denied_as_no_token_is(world: World, name):
    assert call(world, load_event(name)) == DENIED


def test_a_session_is_no_key_and_a_key_no_session(world: World):
    token, key = signed_in(world), key_of(world)

    assert authorize(world, token.replace("lls_", "llk_")) == DENIED
    assert authorize(world, key.replace("llk_", "lls_")) == DENIED


# What it costs, and when it breaks


def test_a_session_costs_three_reads_and_a_key_two_and_a_write_a_day(world: World):
    token, key = signed_in(world), key_of(world)

    def cost(of: str) -> list[str]:
        table = Recorded(world)
        authorize(world, of, table=table)
        return table.operations

    assert cost(token) == ["find SESSION", "find ACCOUNT", "find ACCOUNT"]
    assert cost(key) == ["find KEY", "find ACCOUNT", "Update KEY"]
    assert cost(key) == ["find KEY", "find ACCOUNT"]
    world.clock.advance(days=1)
    assert cost(key) == ["find KEY", "find ACCOUNT", "Update KEY"]
    assert cost("lls_unknown") == ["find SESSION"]
    assert cost("nonsense") == []


def test_the_day_of_a_keys_use_is_noted_and_no_more(world: World):
    before = {"pk", "sk", "type", "account_id", "name", "role", "prefix", "created_at",
              "expires_at", "gsi1pk", "gsi1sk"}  # fmt: skip
    authorize(world, key_of(world))

    (row,) = world.rows("api_key")
    assert row["last_used_day"] == {"S": "2026-11-23"}
    assert row.keys() - before == {"last_used_day"}


class Broken(Table):
    """Fails where it is told to, and quotes everything in its error."""

    def __init__(self, world: World, operation: str) -> None:
        super().__init__(clock=world.clock)
        setattr(self, operation, self._fail)

    def _fail(self, *arguments: object) -> None:
        message = f"{arguments} {CANARIES}"
        raise RuntimeError(message)


def test_a_broken_table_denies_and_logs_the_place_only(world: World, capsys):
    token = signed_in(world)

    assert authorize(world, token, table=Broken(world, "find")) == DENIED

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "not_authorized"
    assert token not in line


def test_a_day_that_cannot_be_noted_locks_no_program_out(world: World, capsys):
    answer = authorize(world, key_of(world), table=Broken(world, "write"))

    assert answer["isAuthorized"]
    assert '"key_use_not_noted"' in capsys.readouterr().out


@pytest.mark.parametrize("event", [{}, {"headers": None}, {"headers": {"authorization": None}}])
def test_an_event_of_another_form_is_denied(world: World, event):
    assert call(world, event) == DENIED


def test_of_another_account_the_same_member_id_is_nobody(world: World):
    token = signed_in(world)
    AccountStore(world.table).save(Account("a_two", "Two"))
    other = replace(join(world, "noor@example.com"), account_id="a_two")
    stolen = SessionStore(world.table, clock=world.clock).create(other).token

    assert authorize(world, stolen) == DENIED
    assert authorize(world, token)["context"]["account"] == "a_demo"
