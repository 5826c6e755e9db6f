"""Nobody's mailbox is filled with invitations, however they are asked for."""

import pytest

from tests.console_calls import ConsoleCalls, other_account, people
from tests.world import TABLE, World

VICTIM = "noor@example.com"


@pytest.fixture
def calls(world: World) -> ConsoleCalls:
    people(world)
    return ConsoleCalls(world)


def invite(calls: ConsoleCalls, email: str = VICTIM, account: str = "a_demo") -> int:
    """The status; whoever was invited is removed again at once."""
    body = {"email": email, "role": "viewer"}
    status, answer = calls.call("POST", "/v1/members", body, account=account)
    if status == 201:
        path = f"/v1/members/{answer['id']}"
        assert calls.call("DELETE", path, account=account)[0] == 204
    return status


def invitations(world: World) -> int:
    return sum(row["kind"]["S"] == "invitation" for row in world.rows("mail"))


def test_an_address_is_invited_three_times_a_day_from_all_accounts(
    calls: ConsoleCalls, world: World
):
    other_account(world)
    spelled = [VICTIM, "Noor@Example.com", VICTIM, VICTIM]
    accounts = ["a_demo", "a_other", "a_demo", "a_other"]

    statuses = [invite(calls, *each) for each in zip(spelled, accounts, strict=True)]

    assert statuses == [201, 201, 201, 429]
    assert invitations(world) == 3
    world.clock.advance(hours=13)
    assert invite(calls) == 429
    world.clock.advance(hours=1)
    assert invite(calls) == 201


def test_an_account_invites_fifty_a_day(calls: ConsoleCalls, world: World):
    other_account(world)
    assert [invite(calls, f"p{number}@example.com") for number in range(2)] == [201] * 2
    # The one count that both went into: the account's, not an address's.
    [count] = [row for row in world.rows("rate") if row["calls"]["N"] == "2"]
    world.client.put_item(TableName=TABLE, Item=count | {"calls": {"N": "49"}})

    assert [invite(calls, f"p{number}@example.com") for number in (49, 50)] == [201, 429]
    assert invitations(world) == 3
    assert invite(calls, "p50@example.com", "a_other") == 201


def test_it_is_told_when_to_ask_again(calls: ConsoleCalls):
    for _ in range(3):
        invite(calls)
    answer = calls.answer("POST", "/v1/members", {"email": VICTIM, "role": "viewer"})

    assert answer["statusCode"] == 429
    # The rest of the day in UTC.
    assert answer["headers"]["Retry-After"] == str(14 * 3600)


def test_the_counts_hold_no_address_and_end_within_a_day(calls: ConsoleCalls, world: World):
    invite(calls)
    counts = world.rows("rate")

    assert len(counts) == 2
    assert VICTIM not in str(counts)
    now = int(world.clock().timestamp())
    assert {int(row["expires_at"]["N"]) - now for row in counts} == {86_400}


def test_a_retry_of_one_request_is_one_invitation(calls: ConsoleCalls, world: World):
    event = calls.event("POST", "/v1/members", {"email": VICTIM, "role": "viewer"})
    event["headers"]["idempotency-key"] = "3f0c8d1e-6a1b-4d0e-9c55-1f2e3d4c5b6a"
    for _ in range(6):
        assert calls.handle(event, None)["statusCode"] == 201

    assert invitations(world) == 1
