"""An account's people: an owner always remains and nobody is in twice, whatever two do at once."""

from dataclasses import replace

import pytest

from leadlayer.accounts import store as module
from leadlayer.accounts.keys_store import MOST_KEYS, ApiKeyStore
from leadlayer.accounts.model import Account, Member, Role
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.core.errors import Problem
from leadlayer.core.table import ConditionFailed, Table, Update
from tests.integration.sign_in_calls import join
from tests.world import World

OTHER = "noor@example.com"
PERSON = "fingerprint-of-noor"


class Between(Table):
    """Lets somebody else act after everything was read and before anything is written."""

    def __init__(self, world: World, act) -> None:
        super().__init__(clock=world.clock)
        self._act = act

    def transact(self, writes) -> None:
        act, self._act = self._act, lambda: None
        act()
        super().transact(self._kept(writes))

    def _kept(self, writes):
        return writes


class Unguarded(Between):
    """The planted fault: no count of changes is looked at."""

    def _kept(self, writes):
        return [
            replace(each, condition=None) if isinstance(each, Update) else each for each in writes
        ]


def owners(world: World) -> list[str]:
    members = AccountStore(world.table).list_members("a_demo")
    return [member.id for member in members if member.role == "owner"]


def refusal(act) -> str:
    with pytest.raises(Problem) as refused:
        act()
    return refused.value.code


def invited(email: str = OTHER, role: Role = "agent", name: str = "m_noor") -> Member:
    return Member(name, "a_demo", email, role, state="invited")


# An owner remains


@pytest.mark.parametrize("role", ["admin", "agent", "viewer", "privacy_officer"])
def test_the_last_owner_can_neither_be_lowered_nor_removed(world: World, role):
    accounts = AccountStore(world.table)
    before = world.rows()

    assert refusal(lambda: accounts.change_role("a_demo", "m_owner", role)) == "last_owner"
    assert refusal(lambda: accounts.remove_member("a_demo", "m_owner")) == "last_owner"
    assert world.rows() == before


def test_an_owner_who_never_came_does_not_count(world: World):
    join(world, OTHER, "owner", state="invited")
    accounts = AccountStore(world.table)

    assert refusal(lambda: accounts.remove_member("a_demo", "m_owner")) == "last_owner"
    accounts.remove_member("a_demo", "m_noor")
    assert owners(world) == ["m_owner"]


def demote_each_other(world: World, table: type[Between]) -> None:
    join(world, OTHER, "owner")
    plain = AccountStore(world.table)

    def other() -> None:
        plain.change_role("a_demo", "m_owner", "agent")

    AccountStore(table(world, other)).change_role("a_demo", "m_noor", "agent")


def test_two_owners_who_lower_each_other_at_once_leave_one(world: World):
    assert refusal(lambda: demote_each_other(world, Between)) == "last_owner"
    assert owners(world) == ["m_noor"]


def test_twin_without_the_count_nobody_would_be_left(world: World):
    demote_each_other(world, Unguarded)

    assert owners(world) == []


def test_who_was_made_an_owner_meanwhile_is_not_removed_as_the_last(world: World):
    join(world, OTHER, "viewer")
    plain = AccountStore(world.table)

    def handed_over() -> None:
        plain.change_role("a_demo", "m_noor", "owner")
        plain.change_role("a_demo", "m_owner", "viewer")

    late = AccountStore(Between(world, handed_over))

    assert refusal(lambda: late.remove_member("a_demo", "m_noor")) == "last_owner"
    assert owners(world) == ["m_noor"]


def test_a_change_that_never_gets_its_turn_fails_and_changes_nothing(world: World):
    class Restless(Between):
        def transact(self, writes) -> None:
            AccountStore(world.table).change_role("a_demo", "m_noor", "viewer")
            super().transact(writes)

    join(world, OTHER)
    late = AccountStore(Restless(world, lambda: None))

    with pytest.raises(ConditionFailed):
        late.remove_member("a_demo", "m_noor")
    assert AccountStore(world.table).find_member("a_demo", "m_noor") is not None


# Nobody is in twice


def test_an_address_is_a_member_once(world: World):
    accounts = AccountStore(world.table)
    accounts.add_member(invited(), person=PERSON)

    again = invited(name="m_again")
    assert refusal(lambda: accounts.add_member(again, person=PERSON)) == "already_member"


def test_two_who_invite_the_same_address_at_once_invite_once(world: World):
    plain = AccountStore(world.table)

    def other() -> None:
        plain.add_member(invited(name="m_first"), person=PERSON)

    late = AccountStore(Between(world, other))

    assert refusal(lambda: late.add_member(invited(), person=PERSON)) == "already_member"
    assert [member.id for member in plain.members_of(PERSON)] == ["m_first"]


def test_an_account_has_room_for_a_limited_number_of_people(world: World):
    accounts = AccountStore(world.table)
    for count in range(module.MOST_MEMBERS - 1):
        accounts.save_member(invited(name=f"m_{count}"))

    assert refusal(lambda: accounts.add_member(invited(), person=PERSON)) == "limit_reached"


# Coming and going


def test_a_member_comes_and_goes_with_what_they_are_found_by(world: World):
    accounts = AccountStore(world.table)
    before = {row["pk"]["S"] for row in world.rows()}
    accounts.add_member(invited(), person=PERSON)
    assert accounts.members_of(PERSON) == [invited()]

    assert accounts.remove_member("a_demo", "m_noor") == invited()

    assert accounts.members_of(PERSON) == []
    assert {row["pk"]["S"] for row in world.rows()} == before


def test_somebody_elses_check_decides_on_the_member_of_this_moment(world: World):
    join(world, OTHER, "viewer")
    plain = AccountStore(world.table)

    def not_owners(member: Member) -> None:
        if member.role == "owner":
            raise Problem(403, "forbidden", "x")

    late = AccountStore(
        Between(world, lambda: plain.change_role("a_demo", "m_noor", "owner")),
    )

    with pytest.raises(Problem) as refused:
        late.remove_member("a_demo", "m_noor", check=not_owners)
    assert refused.value.code == "forbidden"
    assert owners(world) == ["m_noor", "m_owner"]


@pytest.mark.parametrize("member_id", ["m_none", "", "m_owner#", "PROFILE", "x" * 100])
def test_nobody_is_found_changed_or_removed_under_a_foreign_or_hostile_id(world: World, member_id):
    accounts = AccountStore(world.table)
    join(world, OTHER, account_id="a_other", id="m_theirs")

    for account_id, wanted in (
        ("a_demo", member_id),
        ("a_demo", "m_theirs"),
        ("a_none", "m_owner"),
    ):
        assert accounts.find_member(account_id, wanted) is None
        assert refusal(lambda a=account_id, m=wanted: accounts.remove_member(a, m)) == "not_found"
        assert (
            refusal(lambda a=account_id, m=wanted: accounts.change_role(a, m, "agent"))
            == "not_found"
        )
        assert (
            refusal(lambda a=account_id, m=wanted: accounts.sign_out_everywhere(a, m))
            == "not_found"
        )


def test_one_changes_ones_own_name_and_language_and_nothing_else(world: World):
    accounts = AccountStore(world.table)
    before = join(world, OTHER, "viewer")

    accounts.change_me("a_demo", "m_noor", name="Noor", language="de")
    assert accounts.find_member("a_demo", "m_noor") == replace(before, name="Noor", language="de")

    accounts.change_me("a_demo", "m_noor", name=None, language=None)
    assert accounts.find_member("a_demo", "m_noor") == replace(before, name="Noor", language="de")


def test_members_and_what_is_kept_of_them_come_back_as_they_were(world: World):
    member = Member("m_x", "a_demo", OTHER, "admin", "de", "Noor", "invited", 7)
    accounts = AccountStore(world.table)
    accounts.save_member(member, person=PERSON)

    assert accounts.find_member("a_demo", "m_x") == member
    assert member in accounts.list_members("a_demo")


# The account itself


def test_an_account_comes_back_as_it_was_saved(world: World):
    accounts = AccountStore(world.table)
    ended = Account("a_demo", "Demo B.V.", "terminated", "2026-11-23T10:00:00Z")
    accounts.save(ended)

    assert accounts.find("a_demo") == ended


def test_an_account_that_is_gone_is_not_renamed(world: World):
    accounts = AccountStore(world.table)
    before = world.rows()

    assert refusal(lambda: accounts.rename("a_none", "x")) == "not_found"
    assert world.rows() == before
    accounts.rename("a_demo", "New")
    assert accounts.find("a_demo") == Account("a_demo", "New")


# Sessions and keys


def test_the_sessions_of_a_member_are_theirs_alone_and_can_be_ended_one_by_one(world: World):
    sessions = SessionStore(world.table, clock=world.clock)
    me, other = join(world, OTHER), join(world, "two@example.com")
    first = sessions.create(me).session
    world.clock.advance(minutes=1)
    second, theirs = sessions.create(me).session, sessions.create(other).session

    assert sessions.list_of(me) == [second, first]
    assert not sessions.revoke("a_demo", me.id, theirs.id)
    assert sessions.revoke("a_demo", me.id, first.id)
    assert not sessions.revoke("a_demo", me.id, first.id)
    assert (sessions.list_of(me), sessions.list_of(other)) == ([second], [theirs])


def test_keys_are_listed_by_what_may_be_shown_and_of_one_account_only(world: World):
    keys = ApiKeyStore(world.table, clock=world.clock)
    token, key = keys.create("a_demo", name="CRM", role="agent", days=30)
    _, theirs = keys.create("a_other", name="X", role="admin", days=1)

    assert keys.list("a_demo") == [key]
    assert (key.prefix, len(key.prefix)) == (token[:8], 8)
    assert not keys.revoke("a_demo", theirs.id)
    assert (keys.delete_all("a_demo"), keys.list("a_demo")) == (1, [])
    assert keys.find(token) is None
    assert keys.list("a_other") == [theirs]


def test_an_account_has_a_limited_number_of_keys(world: World):
    keys = ApiKeyStore(world.table, clock=world.clock)
    for _ in range(MOST_KEYS):
        keys.create("a_demo", name="n", role="agent", days=1)

    assert refusal(lambda: keys.create("a_demo", name="n", role="agent", days=1)) == "limit_reached"
    world.clock.advance(days=1)
    keys.create("a_demo", name="n", role="agent", days=1)


def test_a_key_revoked_in_the_moment_of_its_use_does_not_come_back(world: World):
    keys = ApiKeyStore(world.table, clock=world.clock)
    token, key = keys.create("a_demo", name="n", role="agent", days=1)
    keys.delete_all("a_demo")

    keys.touch(key, token)

    assert world.rows("api_key") == []
