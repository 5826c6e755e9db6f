"""An event reaches each endpoint that asked for it, signed, from the live row, and is repeated."""

import json
from datetime import timedelta

import pytest

from leadlayer.accounts.model import Account
from leadlayer.accounts.store import AccountStore
from leadlayer.core import keys
from leadlayer.leads.store import LeadItem
from leadlayer.webhooks import service
from leadlayer.webhooks.signing import is_signed
from tests.canaries import leaks
from tests.integration.webhook_calls import (
    CONVERSATION,
    LEAD,
    URL,
    Rig,
    failed,
    records,
)
from tests.world import TABLE, Context, World, load_event


@pytest.fixture
def rig(world: World) -> Rig:
    return Rig(world)


# What is told


def test_a_new_lead_reaches_the_endpoint_signed_and_whole(rig: Rig):
    _, secret = rig.add_webhook()
    rig.new_lead()

    (request,) = rig.endpoint.received
    assert request.url == URL
    assert is_signed(secret, request.headers, request.body, now=rig.world.clock())
    assert request.headers["webhook-id"] == f"lead_{LEAD}"
    assert request.document == {
        "type": "lead.created",
        "timestamp": "2026-11-23T10:00:00Z",
        "data": {
            "id": LEAD,
            "site": "s_demo",
            "created_at": "2026-11-23T10:00:00Z",
            "visited_at": "2026-11-23T10:00:00Z",
            "expires_at": "2028-10-23T10:00:00Z",
            "name": "Noor de Vries",
            "email": "noor@example.com",
            "phone": None,
            "city": None,
            "message": "kanarie 1a2b",
            "page": "/bikes",
            "conversation": None,
            "language": "nl",
            "consent": {
                "given": True,
                "version": "v1",
                "text_hash": "hash",
                "language": "nl",
                "method": "form",
                "at": "2026-11-23T10:00:00Z",
            },
        },
    }
    assert rig.states == {f"{LEAD}/w1": "delivered"}
    assert rig.log == [(200, "delivered")]


def test_of_a_conversation_only_that_there_is_one_is_told(rig: Rig):
    rig.add_webhook("conversation.started")
    rig.add_conversation()
    rig.news()

    (request,) = rig.endpoint.received
    assert request.document["type"] == "conversation.started"
    assert request.document["data"] == {
        "id": CONVERSATION,
        "site": "s_demo",
        "page": "/bikes",
        "language": "nl",
    }
    assert rig.endpoint.ids == [f"conv_{CONVERSATION}"]


def test_each_endpoint_that_asked_is_told_and_no_other(rig: Rig):
    AccountStore(rig.world.table).save(Account("a_other", "Other"))
    rig.add_webhook(url="https://one.example.com/")
    rig.add_webhook("conversation.started", url="https://two.example.com/")
    rig.add_webhook("lead.created", "conversation.started", url="https://three.example.com/")
    rig.add_webhook(url="https://four.example.com/", account="a_other")
    disabled, _ = rig.add_webhook(url="https://five.example.com/")
    rig.webhooks.disable(disabled)
    rig.new_lead()

    assert sorted(request.url for request in rig.endpoint.received) == [
        "https://one.example.com/",
        "https://three.example.com/",
    ]


def test_the_files_for_sam_local_do_what_they_are_named_for(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    rig.add_conversation()
    for name in ("lead", "conversation", "delivery"):
        assert rig.handle(load_event(f"webhooks.{name}"), Context()) == failed()
    assert rig.states == {f"{LEAD}/w1": "pending"}
    assert rig.handle(load_event("webhooks.schedule"), Context()) == {"failed": 0}
    assert rig.states == {f"{LEAD}/w1": "delivered"}


def test_a_change_of_a_lead_is_no_new_lead(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    for name in ("MODIFY", "REMOVE"):
        event = {"Records": records([("LEADS#s_demo", f"LEAD#{LEAD}")], name=name)}
        assert rig.handle(event, Context()) == failed()
    assert rig.states == {}


@pytest.mark.parametrize(
    "row",
    [
        ("LEADS#s_demo", f"NOTE#{LEAD}#1"),
        (f"CONV#s_demo#{CONVERSATION}", "MSG#1"),
        ("SITE#s_demo", "SITE"),
        ("LEADS#s_demo", "LEAD#missing"),
        ("LEADS#", "LEAD#"),
        ("CONV#s_demo#missing", "META"),
        ("DELIVERY#missing", "w1#lead.created"),
        ("DELIVERY#", "#"),
    ],
)
def test_other_rows_and_rows_that_are_gone_are_done(rig: Rig, row: tuple[str, str]):
    rig.add_webhook("lead.created", "conversation.started")
    before = rig.world.rows()
    assert rig.stream(row) == failed()
    assert (rig.endpoint.received, rig.world.rows()) == ([], before)


def test_the_same_records_again_tell_nothing_twice(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    rows = [("LEADS#s_demo", f"LEAD#{LEAD}"), (f"DELIVERY#{LEAD}", "w1#lead.created")]
    for _ in range(4):
        for row in rows:
            assert rig.stream(row) == failed()
    rig.sweep()
    assert len(rig.endpoint.received) == 1
    assert len(rig.world.rows("delivery")) == 1


# Who is gone


def test_a_lead_that_is_gone_is_told_to_nobody_and_its_delivery_goes_too(rig: Rig):
    rig.add_webhook()
    rig.endpoint.usual = 500
    rig.new_lead()
    rig.endpoint.received.clear()
    rig.erase_lead()
    rig.world.clock.advance(minutes=5)
    rig.sweep()

    assert rig.endpoint.received == []
    assert rig.world.rows("delivery") == []


def test_twin_a_lead_that_is_still_there_is_told(rig: Rig):
    rig.add_webhook()
    rig.endpoint.usual = 500
    rig.new_lead()
    rig.world.clock.advance(minutes=5)
    rig.sweep()
    assert len(rig.endpoint.received) == 2


@pytest.mark.parametrize(("offset", "times"), [(-1, 1), (0, 0), (1, 0)])
def test_a_lead_whose_time_is_over_is_told_to_nobody_although_its_row_is_there(
    rig: Rig, offset: int, times: int
):
    rig.add_webhook()
    rig.add_lead(days=1)
    rig.stream(("LEADS#s_demo", f"LEAD#{LEAD}"))
    rig.world.clock.advance(days=1, seconds=offset)
    rig.sweep()

    assert len(rig.endpoint.received) == times
    assert len(rig.world.rows("lead")) == 1


def test_a_terminated_account_is_told_nothing_and_its_deliveries_go(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    rig.stream(("LEADS#s_demo", f"LEAD#{LEAD}"))
    assert len(rig.world.rows("delivery")) == 1
    AccountStore(rig.world.table).save(Account("a_demo", "Demo", state="terminated"))
    rig.news()
    rig.sweep()

    assert rig.endpoint.received == []
    assert rig.world.rows("delivery") == []


def test_destroyed_secrets_stop_everything_even_if_the_account_comes_back(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    rig.stream(("LEADS#s_demo", f"LEAD#{LEAD}"))
    service.disable_all("a_demo", webhooks=rig.webhooks)
    rig.sweep()

    assert rig.endpoint.received == []
    (row,) = rig.world.rows("webhook")
    assert not {"secret", "previous"} & row.keys()
    assert row["state"]["S"] == "disabled"


def test_a_deleted_webhook_gets_nothing_any_more(rig: Rig):
    rig.add_webhook()
    rig.add_lead()
    rig.stream(("LEADS#s_demo", f"LEAD#{LEAD}"))
    rig.webhooks.delete("a_demo", "w1")
    rig.sweep()

    assert (rig.endpoint.received, rig.world.rows("delivery")) == ([], [])


@pytest.mark.parametrize("status", [200, 500, 410])
def test_rows_erased_while_they_are_sent_do_not_come_back(rig: Rig, status: int):
    def erase() -> None:
        rig.erase_lead()
        for item in rig.deliveries.deliveries_of(LEAD):
            item.delete()

    rig.add_webhook()
    rig.endpoint.usual, rig.endpoint.meanwhile = status, erase
    rig.new_lead()
    assert len(rig.endpoint.received) == 1
    assert rig.world.rows("delivery") == []


def test_all_deliveries_about_something_are_found_for_its_erasure(rig: Rig):
    rig.add_webhook()
    rig.add_webhook()
    rig.new_lead()

    assert sorted(item.sk for item in rig.deliveries.deliveries_of(LEAD)) == [
        "w1#lead.created",
        "w2#lead.created",
    ]
    assert rig.deliveries.deliveries_of("other") == []


# Secrets


def test_both_secrets_sign_for_a_day_after_a_rotation_and_then_the_new_one_alone(rig: Rig):
    webhook, old = rig.add_webhook()
    new = rig.rotate(webhook)
    assert new != old
    seen = []
    for lead, wait in (("01A", 86_399), ("01B", 1)):
        rig.world.clock.advance(seconds=wait)
        rig.add_lead(lead)
        rig.news()
        request = rig.endpoint.received[-1]
        now = rig.world.clock()
        seen.append(
            [is_signed(each, request.headers, request.body, now=now) for each in (old, new)]
        )
    assert seen == [[True, True], [False, True]]


def test_a_secret_of_another_account_signs_nothing(rig: Rig):
    """Somebody who can write to the table moves a sealed secret to an account of their own."""
    rig.add_webhook(account="a_other")
    (row,) = rig.world.rows("webhook")
    stolen = row | {"pk": {"S": keys.account("a_demo")}}
    rig.world.client.put_item(TableName=TABLE, Item=stolen)
    rig.add_lead()
    answers = rig.news()

    assert failed(0) in answers
    assert rig.endpoint.received == []


# What is kept and said


def test_neither_rows_nor_log_hold_anything_of_a_lead_or_a_secret(rig: Rig, capfd):
    _, secret = rig.add_webhook()
    rig.endpoint.script = [500, "died"]
    rig.new_lead()
    for _ in range(2):
        rig.world.clock.advance(hours=1)
        rig.sweep()
    said = "".join(capfd.readouterr())
    kinds = ("delivery", "delivery_attempt", "webhook")
    kept = json.dumps([row for kind in kinds for row in rig.world.rows(kind)])

    assert len(rig.world.rows("delivery_attempt")) == 2
    assert leaks(said + kept) == []
    assert secret not in said + kept
    assert "hooks.example.com" not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert {line["event"] for line in lines} == {"webhook_attempted", "webhook_failed"}


def test_twin_the_lead_itself_would_be_seen(rig: Rig):
    rig.add_webhook()
    rig.new_lead()
    assert leaks(rig.endpoint.received[0].body.decode()) != []
    item = rig.world.table.find(LeadItem, "LEADS#s_demo", f"LEAD#{LEAD}")
    assert item is not None
    assert leaks(item.email) != []


def test_deliveries_and_their_log_are_kept_for_thirty_days(rig: Rig):
    rig.add_webhook()
    rig.new_lead()
    rows = rig.world.rows("delivery") + rig.world.rows("delivery_attempt")
    due = {int(row["expires_at"]["N"]) for row in rows}
    assert due == {int((rig.world.clock() + timedelta(days=30)).timestamp())}
