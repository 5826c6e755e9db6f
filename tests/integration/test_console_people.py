"""The account's people: invited by mail, owners out of an admin's reach, one owner always there."""

import pytest

from functions.authorizer import handler as authorizer
from leadlayer.accounts.model import Member
from leadlayer.accounts.sessions import OpenedSession, SessionStore
from leadlayer.accounts.store import AccountStore
from tests.console_calls import ROLES, ConsoleCalls, people
from tests.world import World, load_event

NEW = {"email": "Noor@Shop.Example.com", "role": "agent", "language": "nl"}


@pytest.fixture
def calls(world: World) -> ConsoleCalls:
    people(world)
    return ConsoleCalls(world)


def roles(world: World) -> dict[str, str]:
    return {member.id: member.role for member in AccountStore(world.table).list_members("a_demo")}


# People


def test_who_is_invited_gets_a_mail_and_no_address_stands_in_it(calls: ConsoleCalls, world: World):
    status, member = calls.call("POST", "/v1/members", NEW)

    assert status == 201
    assert (member["state"], member["role"], member["language"]) == ("invited", "agent", "nl")
    (mail,) = world.rows("mail")
    assert (mail["kind"]["S"], mail["member_id"]["S"]) == ("invitation", member["id"])
    assert "noor" not in str(mail).lower()
    assert "noor" not in str(world.rows("person_ref")).lower()
    # The same person in the next spelling.
    again = calls.call("POST", "/v1/members", NEW | {"email": "noor@shop.example.com"})
    assert (again[0], again[1]["code"]) == (409, "already_member")
    assert len(world.rows("mail")) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/members", NEW | {"role": "owner"}),
        ("PATCH", "/v1/members/m_agent", {"role": "owner"}),
        ("PATCH", "/v1/members/m_admin", {"role": "owner"}),
        ("PATCH", "/v1/members/m_owner", {"role": "viewer"}),
        ("PATCH", "/v1/members/m_owner", {"role": "owner"}),
        ("DELETE", "/v1/members/m_owner", None),
    ],
)
def test_an_admin_neither_makes_nor_changes_nor_removes_an_owner(
    calls: ConsoleCalls, world: World, method, path, body
):
    # Another owner, so that it is not for want of one that it is refused.
    second = Member("m_second", "a_demo", "second@shop.example.com", "owner")
    AccountStore(world.table).save_member(second)
    before = roles(world)

    for key in (False, True):
        status, problem = calls.call(method, path, body, role="admin", api_key=key)
        assert (status, problem["code"]) == (403, "forbidden")
    assert roles(world) == before


def test_twin_an_owner_may_all_of_that(calls: ConsoleCalls, world: World):
    assert calls.call("PATCH", "/v1/members/m_agent", {"role": "owner"})[0] == 200
    assert calls.call("DELETE", "/v1/members/m_owner", role="owner", member="m_agent")[0] == 204
    assert roles(world)["m_agent"] == "owner"
    assert "m_owner" not in roles(world)


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PATCH", {"role": "admin"})])
def test_the_last_owner_can_neither_go_nor_step_down(
    calls: ConsoleCalls, world: World, method, body
):
    status, problem = calls.call(method, "/v1/members/m_owner", body)

    assert (status, problem["code"]) == (409, "last_owner")
    assert roles(world)["m_owner"] == "owner"


def test_an_admin_runs_everybody_else(calls: ConsoleCalls, world: World):
    changed = calls.call("PATCH", "/v1/members/m_viewer", {"role": "agent"}, role="admin")
    assert (changed[0], changed[1]["role"]) == (200, "agent")
    assert calls.call("DELETE", "/v1/members/m_agent", role="admin")[0] == 204
    assert roles(world)["m_viewer"] == "agent"
    assert "m_agent" not in roles(world)


def test_colleagues_are_names_and_no_addresses(calls: ConsoleCalls, world: World):
    AccountStore(world.table).save_member(
        Member("m_nameless", "a_demo", "jan@shop.example.com", "agent")
    )
    _, page = calls.call("GET", "/v1/colleagues", role="agent")

    assert {each["name"] for each in page["items"]} >= {"jan", "Agent", "Owner"}
    assert "@" not in str(page)


# Sessions


def signed_in(world: World, member: str = "m_agent") -> OpenedSession:
    found = AccountStore(world.table).find_member("a_demo", member)
    assert found is not None
    world.clock.advance(seconds=1)
    return SessionStore(world.table, clock=world.clock).create(found)


def enters(world: World, opened: OpenedSession) -> bool:
    event = load_event("authorizer.session", headers={"authorization": f"Bearer {opened.token}"})
    return authorizer.handle(event, authorizer.build(world.table, world.clock))["isAuthorized"]


def test_one_sees_ones_own_sessions_and_which_is_this_one(calls: ConsoleCalls, world: World):
    first, second = signed_in(world), signed_in(world)
    signed_in(world, "m_viewer")

    _, page = calls.call("GET", "/v1/sessions", role="agent", session=second.session.id)

    assert [(each["id"], each["current"]) for each in page["items"]] == [
        (second.session.id, True),
        (first.session.id, False),
    ]
    assert first.token not in str(page)


def test_one_signs_out_here_there_and_everywhere(calls: ConsoleCalls, world: World):
    here, there, else_where, other = (
        signed_in(world), signed_in(world), signed_in(world), signed_in(world, "m_viewer")
    )  # fmt: skip
    me = {"role": "agent", "session": here.session.id}

    assert calls.call("DELETE", f"/v1/sessions/{there.session.id}", **me)[0] == 204
    assert [enters(world, each) for each in (here, there, else_where)] == [True, False, True]
    assert calls.call("DELETE", "/v1/sessions/current", **me)[0] == 204
    assert [enters(world, each) for each in (here, else_where)] == [False, True]
    assert calls.call("DELETE", "/v1/sessions", **me)[0] == 204
    assert [enters(world, each) for each in (else_where, other)] == [False, True]


def test_nobody_ends_a_colleagues_session(calls: ConsoleCalls, world: World):
    theirs = signed_in(world, "m_viewer")

    status, problem = calls.call("DELETE", f"/v1/sessions/{theirs.session.id}", role="owner")

    assert (status, problem["code"]) == (404, "not_found")
    assert enters(world, theirs)


def test_a_session_that_is_not_listed_yet_ends_with_all_of_its_member(
    calls: ConsoleCalls, world: World
):
    new = signed_in(world)

    assert (
        calls.call("DELETE", "/v1/sessions/current", role="agent", session="01UNLISTED")[0] == 204
    )
    assert not enters(world, new)


@pytest.mark.parametrize("change", ["DELETE", "PATCH"])
def test_a_removed_or_demoted_member_is_that_at_once(calls: ConsoleCalls, world: World, change):
    opened = signed_in(world)
    body = {"role": "viewer"} if change == "PATCH" else None
    calls.call(change, "/v1/members/m_agent", body)

    event = load_event("authorizer.session", headers={"authorization": f"Bearer {opened.token}"})
    said = authorizer.handle(event, authorizer.build(world.table, world.clock))

    if change == "DELETE":
        assert not said["isAuthorized"]
    else:
        assert said["context"]["role"] == "viewer"


# Keys


def test_a_key_is_shown_once_and_only_its_beginning_after(calls: ConsoleCalls, world: World):
    _, made = calls.call("POST", "/v1/api-keys", {"name": "CRM", "role": "agent", "days": 30})
    _, page = calls.call("GET", "/v1/api-keys")
    (listed,) = page["items"]

    assert made["key"].startswith(listed["prefix"])
    assert len(listed["prefix"]) == 8
    assert made["key"] not in str(page) + str(world.rows())
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert listed["expires_at"] == "2026-12-23T10:00:00Z"
    assert calls.call("DELETE", f"/v1/api-keys/{made['id']}")[0] == 204
    assert world.rows("api_key") == []


@pytest.mark.parametrize(
    "change", [{"role": "owner"}, {"days": 0}, {"days": 366}, {"days": 1.5}, {"name": ""}]
)
def test_no_key_is_an_owners_or_for_ever(calls: ConsoleCalls, world: World, change):
    body = {"name": "CRM", "role": "agent", "days": 30} | change

    assert calls.call("POST", "/v1/api-keys", body)[0] == 422
    assert world.rows("api_key") == []


# The account


def test_each_role_is_told_what_it_may(calls: ConsoleCalls):
    told = {role: calls.call("GET", "/v1/account", role=role)[1] for role in ROLES}

    assert told["viewer"]["actions"]["leads.read"] == "masked"
    assert "people" not in told["agent"]["actions"]
    assert told["admin"]["actions"]["people"] == "not_owners"
    assert [role for role in ROLES if "account.terminate" in told[role]["actions"]] == ["owner"]
    assert told["agent"]["member"] == {
        "id": "m_agent", "email": "agent@a-demo.example", "name": "Agent", "role": "agent",
        "language": "en",
    }  # fmt: skip


def test_a_key_is_told_that_it_is_one(calls: ConsoleCalls):
    _, told = calls.call("GET", "/v1/account", role="admin", api_key=True)

    assert (told["api_key"], told["member"], told["recent_until"]) == (True, None, None)
    assert not {"self", "export"} & told["actions"].keys()


def test_the_recent_sign_in_has_an_end(calls: ConsoleCalls):
    assert calls.call("GET", "/v1/account")[1]["recent_until"] == "2026-11-23T10:10:00Z"
    _, told = calls.call("GET", "/v1/account", recent=False)
    # What it takes is told; that it takes a new sign-in too.
    assert told["actions"]["export"] == "recent"
    assert told["recent_until"] == "2026-11-23T09:10:00Z"


def test_one_changes_ones_own_name_and_language_and_the_account_its_name(calls: ConsoleCalls):
    _, me = calls.call("PATCH", "/v1/me", {"name": "Noor", "language": "de"}, role="viewer")
    assert (me["member"]["name"], me["member"]["language"]) == ("Noor", "de")
    _, me = calls.call("PATCH", "/v1/me", {"language": "nl"}, role="viewer")
    assert (me["member"]["name"], me["member"]["language"]) == ("Noor", "nl")
    _, account = calls.call("PATCH", "/v1/account", {"name": "Nieuw B.V."})
    assert account["name"] == "Nieuw B.V."


def test_an_account_that_is_gone_is_missing(calls: ConsoleCalls):
    assert calls.call("GET", "/v1/account", account="a_gone")[0] == 404
