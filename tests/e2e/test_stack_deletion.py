"""P08 on what was deployed: who is deleted is nowhere, and no late message brings them back."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dev.stack import seed_facts
from dev.stack.aws import DeployedStack, LocalAws
from leadlayer.core.clock import utc_now
from leadlayer.webhooks.signing import is_signed
from tests.canary_scan import hits
from tests.e2e import ledger
from tests.e2e.customers import Person, sign_in, until
from tests.e2e.everything import sinks
from tests.e2e.receiver import Endpoint, Received, receiving
from tests.e2e.running_stack import RunningStack
from tests.e2e.visitors import Visitor


@dataclass
class Canary:
    """A person nobody else is: each value is looked for in every spelling."""

    values: dict[str, str]

    @classmethod
    def new(cls) -> "Canary":
        word = secrets.token_hex(6)
        digits = str(secrets.randbelow(10**7)).zfill(7)
        return cls(
            {
                "name": f"Käthe Ca{word}",
                "email": f"kaethe.{word}@visitor.example",
                "phone": f"+3161{digits}",
                "city": f"Stadt{word}",
                "message": f'Frage "{word}" & Grüße, bitte <b>bald</b>',
            }
        )


@dataclass
class Told:
    """A webhook of the demo customer, and what its endpoint was sent."""

    id: str
    secret: str
    endpoint: Endpoint

    def about(self, about_id: str) -> list[Received]:
        return [each for each in self.endpoint.received if about_id.encode() in each.body]

    def wait_for(self, about_id: str, *, times: int = 1) -> list[Received]:
        for _ in until(30):
            if len(found := self.about(about_id)) >= times:
                return found
        raise AssertionError("the webhook did not come")


@pytest.fixture(scope="module")
def owner(stack: dict[str, Any]) -> Person:
    return sign_in(stack, seed_facts.OWNER_EMAIL, number=51)


@pytest.fixture
def told(owner: Person) -> Iterator[Told]:
    with receiving() as endpoint:
        body = {"url": endpoint.url, "events": ["lead.created", "conversation.started"]}
        made = owner.call("POST", "/v1/webhooks", body)
        assert made.status == 201, made.body
        yield Told(made.json["id"], made.json["secret"], endpoint)
        assert owner.call("DELETE", f"/v1/webhooks/{made.json['id']}").status == 204


def ready_export(owner: Person) -> str:
    export = owner.call("POST", "/v1/exports", {"format": "json"}).json["id"]
    assert any(owner.get(f"/v1/exports/{export}")["state"] == "ready" for _ in until(60))
    return export


def invoke(stack: dict[str, Any], folder: str, event: dict[str, Any]) -> Any:
    aws = LocalAws(stack["aws_endpoint"])
    _, name = DeployedStack.read(aws).function(folder)
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    said = answer["Payload"].read()
    assert "FunctionError" not in answer, said
    return json.loads(said)


def test_a_webhook_is_signed_names_the_lead_and_comes_again_after_a_500(
    stack: dict[str, Any], owner: Person, told: Told
) -> None:
    told.endpoint.refusals = 1
    lead = Visitor(stack, 52).leave(email=f"{secrets.token_hex(6)}@visitor.example").json["lead"]
    (refused,) = told.wait_for(lead)
    assert refused.status == 500
    deliveries = owner.get(f"/v1/webhooks/{told.id}/deliveries")["items"]
    assert [each["status"] for each in deliveries] == [500]
    _make_due(stack, lead)
    invoke(stack, "webhooks", {})
    _, taken = told.wait_for(lead, times=2)
    assert taken.status == 200
    assert is_signed(told.secret, taken.headers, taken.body, now=utc_now())
    assert not is_signed(told.secret, taken.headers, taken.body + b" ", now=utc_now())
    assert taken.headers["webhook-id"] == refused.headers["webhook-id"]


def test_who_is_deleted_is_in_no_row_record_log_mail_file_or_queue(
    stack: dict[str, Any], stack_itself: RunningStack, owner: Person, told: Told
) -> None:
    person, key = Canary.new(), secrets.token_urlsafe(24)
    visitor = Visitor(stack, 53)
    lead = visitor.leave(key=key, **person.values).json["lead"]
    conversation = _told_in_chat(stack, person)
    path = f"/v1/sites/{stack['site']}/leads/{lead}"
    note = {"text": f"{person.values['name']} called, {person.values['phone']}"}
    assert owner.call("POST", f"{path}/notes", note).status == 201
    assert told.wait_for(lead)
    ledger.wait_for_mails(stack, about=lead)
    export = ready_export(owner)
    before = {hit.sink for hit in hits(person.values, sinks(stack, stack_itself.state))}
    assert any("table" in sink for sink in before), "the scan sees nothing"

    assert owner.call("DELETE", path).status == 204
    for each in _leads_of(stack, person):
        gone = owner.call("DELETE", f"/v1/sites/{stack['site']}/leads/{each}").status
        assert gone == 204
    there = f"/v1/sites/{stack['site']}/conversations/{conversation}"
    assert owner.call("DELETE", there).status in {204, 404}

    assert owner.get(f"/v1/exports/{export}")["state"] == "withdrawn"
    assert hits(person.values, sinks(stack, stack_itself.state)) == []
    _try_to_bring_back(stack, visitor, key, person, lead)
    assert owner.call("GET", path).status == 404
    assert hits(person.values, sinks(stack, stack_itself.state)) == []


def test_a_message_that_comes_twice_deletes_once(stack: dict[str, Any], owner: Person) -> None:
    lead = Visitor(stack, 55).leave(email=f"{secrets.token_hex(6)}@visitor.example").json["lead"]
    form = {"site": stack["site"], "leads": [lead], "confirmation": "DELETE"}
    deletion = owner.call("POST", "/v1/deletions", form).json["id"]
    path = f"/v1/deletions/{deletion}"
    assert any(owner.get(path)["state"] == "done" for _ in until(30))
    before = (owner.get(path), _erased(stack, lead))
    assert before[1], "the erasure stands in the ledger"

    job = {"kind": "deletion", "account": seed_facts.ACCOUNT_ID, "job": deletion}
    message = {"messageId": "again", "body": json.dumps(job), "eventSource": "aws:sqs"}
    assert invoke(stack, "jobs", {"Records": [message]}) == {"batchItemFailures": []}

    assert (owner.get(path), _erased(stack, lead)) == before


def test_one_that_is_left_anywhere_is_found(
    stack: dict[str, Any], stack_itself: RunningStack
) -> None:
    person = Canary.new()
    with (stack_itself.state / "logs" / "planted.log").open("w") as log:
        log.write(json.dumps({"who": person.values["name"]}))
    try:
        found = hits(person.values, sinks(stack, stack_itself.state))
    finally:
        (stack_itself.state / "logs" / "planted.log").unlink()
    assert {(hit.sink, hit.value) for hit in found} == {("log planted.log", "name")}


def _told_in_chat(stack: dict[str, Any], person: Canary) -> str:
    visitor = Visitor(stack, 54)
    visitor.say(f"Please write to me: {person.values['email']}")
    assert ("lead", {"captured": True}) in visitor.say("yes").events
    return visitor.conversation["conversation"]


def _erased(stack: dict[str, Any], lead: str) -> list[str]:
    """What the ledger of erasures, a table of its own, says about a lead."""
    aws = LocalAws(stack["aws_endpoint"])
    table = DeployedStack.read(aws).outputs["LedgerTableName"]
    rows = aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(json.dumps(row, sort_keys=True) for row in rows if lead in json.dumps(row))


def _leads_of(stack: dict[str, Any], person: Canary) -> list[str]:
    rows = ledger.leads(stack)
    email = person.values["email"]
    return [row["sk"].removeprefix("LEAD#") for row in rows if row.get("email") == email]


def _try_to_bring_back(
    stack: dict[str, Any], visitor: Visitor, key: str, person: Canary, lead: str
) -> None:
    """The form's own retry, the stream's, and both schedules."""
    assert visitor.leave(key=key, **person.values).json == {"lead": lead}
    keys = {"pk": {"S": f"LEADS#{stack['site']}"}, "sk": {"S": f"LEAD#{lead}"}}
    record = {"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb"}
    record |= {"dynamodb": {"Keys": keys, "SequenceNumber": "1"}}
    for folder in ("webhooks", "mailer"):
        invoke(stack, folder, {"Records": [record]})
        invoke(stack, folder, {})
    invoke(stack, "jobs", {})


def _make_due(stack: dict[str, Any], about: str) -> None:
    """The wait before the next attempt is minutes; nobody waits that long here."""
    dynamodb = LocalAws(stack["aws_endpoint"]).client("dynamodb")
    for row in ledger.rows(stack, f"DELIVERY#{about}"):
        if row["state"] == "pending":
            dynamodb.update_item(
                TableName=stack["table"],
                Key={"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}},
                UpdateExpression="SET gsi1sk = :past",
                ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00Z"}},
            )
