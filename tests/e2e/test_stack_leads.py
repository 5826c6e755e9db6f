"""A lead left through the form: in the table, in the owner's mailbox, once."""

import json
import secrets
from typing import Any

import boto3

from leadlayer.core.clock import add_months, epoch, utc_now
from tests.e2e import ledger
from tests.e2e.visitors import Visitor

PERSON = {
    "name": "Zwaantje Canary",
    "email": "zwaantje.canary@example.com",
    "phone": "+31 6 1234 5678",
    "message": "Canary: heeft u een bakfiets?",
}
CANARIES = ("Zwaantje", "canary", "1234 5678", "612345678", "bakfiets")


def test_a_lead_is_stored_for_24_months_and_its_mail_says_nothing_about_the_person(
    stack: dict[str, Any],
) -> None:
    answer = Visitor(stack, 11).leave(**PERSON)
    assert answer.status == 201
    lead = answer.json["lead"]
    (row,) = [row for row in ledger.leads(stack) if row["sk"] == f"LEAD#{lead}"]
    assert abs(int(row["expires_at"]) - epoch(add_months(utc_now(), 24))) < 120
    (mail,) = ledger.wait_for_mails(stack, about=lead)
    assert mail["to"] == [stack["owner_email"]]
    shown = json.dumps(mail, ensure_ascii=False).lower()
    assert [canary for canary in CANARIES if canary.lower() in shown] == []


def test_a_repeated_request_with_the_same_key_is_the_same_lead(stack: dict[str, Any]) -> None:
    key = secrets.token_urlsafe(24)
    email = f"twice-{secrets.token_hex(4)}@example.com"
    visitor = Visitor(stack, 12)
    first = visitor.leave(key=key, email=email)
    second = visitor.leave(key=key, email=email)
    assert first.status == second.status == 201
    assert first.json == second.json
    rows = [row for row in ledger.leads(stack) if row.get("email") == email]
    assert len(rows) == 1
    other = visitor.leave(key=key, email="other@example.com")
    assert (other.status, other.json["code"]) == (409, "idempotency_key_reused")


def test_a_mail_that_resend_refuses_twice_is_sent_once_it_accepts(stack: dict[str, Any]) -> None:
    assert ledger.post_json(stack["outbox"] + "/fail", {"times": 2}) == 204
    lead = Visitor(stack, 13).leave(email="patient@example.com").json["lead"]
    assert len(ledger.wait_for_mails(stack, about=lead, seconds=30)) == 1
    assert len(ledger.mails(stack, about=lead)) == 1


def test_the_table_deletes_what_has_expired(stack: dict[str, Any]) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=stack["aws_endpoint"],
        region_name="eu-central-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",
    )
    expiry = client.describe_time_to_live(TableName=stack["table"])["TimeToLiveDescription"]
    client.close()
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
