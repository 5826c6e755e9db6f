"""What a link leads to: one of several accounts, a new one, or the one that somebody invited to."""

import pytest

from leadlayer.accounts.model import Account, Member
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import epoch
from tests.integration.sign_in_calls import (
    OWNER,
    STRANGER,
    Careless,
    Late,
    Person,
    authorize,
    join,
)
from tests.world import World

INVALID = 403


@pytest.fixture
def person(world: World) -> Person:
    join(world, OWNER, "owner", language="nl")
    return Person(world)


def sessions(world: World) -> int:
    return len(world.rows("session"))


# Several accounts


def test_who_belongs_to_several_accounts_chooses_one_and_the_link_still_works(world, person):
    join(world, OWNER, "viewer", id="m_two", account_id="a_two")
    token = person.link()

    status, choice = person.follow(token)

    assert (status, sessions(world)) == (200, 0)
    names = {"a_demo": "Demo B.V.", "a_two": "The owner company"}
    assert {each["id"]: each["name"] for each in choice["accounts"]} == names
    status, answer = person.follow(token, account="a_two")
    assert (status, answer["member"]) == (201, {"id": "m_two", "role": "viewer", "language": "en"})
    assert person.follow(token, account="a_demo")[0] == INVALID


def test_an_account_of_somebody_else_is_answered_like_a_bad_link(world, person):
    join(world, STRANGER, account_id="a_other")
    token = person.link()

    assert person.follow(token, account="a_other")[0] == INVALID
    assert person.follow(token, account="a_demo")[0] == 201


# Signing up


def test_a_sign_up_makes_an_account_with_its_owner_signed_in(world, person):
    status, answer = person.follow(person.link(STRANGER, account_name="Rijwielhandel Noord"))

    assert status == 201
    assert answer["account"] | {"id": "a"} == {
        "id": "a",
        "name": "Rijwielhandel Noord",
        "state": "active",
    }
    assert authorize(world, answer["token"])["context"]["role"] == "owner"
    (member,) = AccountStore(world.table).list_members(answer["account"]["id"])
    assert member == Member(
        member.id, answer["account"]["id"], STRANGER, "owner", "nl", state="active"
    )


def test_nothing_of_a_sign_up_exists_before_its_link_is_followed_or_after_it_expired(world, person):
    before = len(world.rows("account")), len(world.rows("member"))
    token = person.link(STRANGER, account_name="Noord")
    (link,) = world.rows("sign_in_link")
    assert int(link["expires_at"]["N"]) == epoch(world.clock.now) + 600
    assert (len(world.rows("account")), len(world.rows("member"))) == before

    world.clock.advance(minutes=10)

    assert person.follow(token)[0] == INVALID
    assert (len(world.rows("account")), len(world.rows("member"))) == before


@pytest.mark.parametrize(("table", "made"), [(Late, 1), (Careless, 2)])
def test_one_sign_up_link_makes_one_account_however_often_it_is_used(world, person, table, made):
    before = len(world.rows("account"))
    token = person.link(STRANGER, account_name="Noord")
    Person(world, table(world, lambda: Person(world).follow(token))).follow(token)
    person.follow(token)

    assert len(world.rows("account")) == before + made


def test_who_signed_up_signs_in_after_that(world, person):
    person.follow(person.link(STRANGER, account_name="Noord"))

    assert authorize(world, person.sign_in(STRANGER))["isAuthorized"]


def test_a_sign_up_for_a_customers_address_neither_says_so_nor_changes_theirs(world, person):
    _, answer = person.follow(person.link(OWNER, account_name="Second shop"))

    assert answer["account"]["id"] != "a_demo"
    assert AccountStore(world.table).find("a_demo") == Account("a_demo", "Demo B.V.")


# Invitations


def test_who_was_invited_is_in_after_the_first_sign_in(world, person):
    join(world, STRANGER, state="invited")

    token = person.sign_in(STRANGER)

    member = AccountStore(world.table).find_member("a_demo", "m_noor")
    assert member is not None
    assert member.state == "active"
    assert authorize(world, token)["isAuthorized"]
