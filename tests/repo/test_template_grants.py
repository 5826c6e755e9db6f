"""No stand-in enforces IAM, so what the handlers really ask of AWS is held against the template."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.repo.every_call import Story
from tests.repo.recorded_aws import BUCKET, PREFIX, Call, Recorder, calls_of, recording
from tests.repo.template import Template, as_list, functions, load, statements, texts
from tests.world import make_world


def refused(calls: list[Call], template: Template) -> set[Call]:
    roles = {name: each["Role"]["Fn::GetAtt"][0] for name, each in functions(template).items()}
    allowed = list(statements(template))
    return {
        call
        for call in set(calls)
        if not any(
            role == roles[call.function] and _allows(statement, call) for role, statement in allowed
        )
    }


def _allows(statement: dict[str, Any], call: Call) -> bool:
    if call.action not in as_list(statement["Action"]):
        return False
    resource = list(texts(statement["Resource"]))
    match call.action.split(":")[0]:
        case "ssm":
            arns = (text.replace("${Stage}", "local") for text in resource)
            return any(arn.endswith(f":parameter{call.about}") for arn in arns)
        case "sqs":
            return call.about in resource
        case "s3":
            return resource == ["${Exports.Arn}/*"] and call.about.startswith(f"/{BUCKET}/")
        case "kms":
            named = statement["Condition"].get("ForAllValues:StringEquals", {})
            return call.about == ",".join(named.get("kms:EncryptionContextKeys", ["?"]))
        case _:
            keys = _prefixes(statement)
            return _where(statement) == call.where and any(
                fnmatchcase(call.about, key) for key in keys
            )


def _where(statement: dict[str, Any]) -> str:
    """The main table, one of its indexes, or the ledger."""
    named = list(texts(statement["Resource"]))
    for text in named:
        if "/index/" in text:
            return text.rsplit("/", 1)[-1]
    return "Ledger" if "Ledger" in named else "Table"


def unused(calls: list[Call], template: Template) -> set[Call]:
    """What a role allows on a prefix of the table's keys and no call was about."""
    names = {each["Role"]["Fn::GetAtt"][0]: name for name, each in functions(template).items()}
    granted = {
        Call(names[role], action, prefix, _where(statement))
        for role, statement in statements(template)
        for prefix in _prefixes(statement)
        for action in as_list(statement["Action"])
    }
    return {
        grant
        for grant in granted
        if not any(
            (call.function, call.action, call.where) == (grant.function, grant.action, grant.where)
            and fnmatchcase(call.about, grant.about)
            for call in set(calls)
        )
    }


def _prefixes(statement: dict[str, Any]) -> list[str]:
    limits = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    return list(limits.get("dynamodb:LeadingKeys", []))


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    with recording() as hook:
        Story(next(make_world()), hook).tell()
        return list(Recorder.seen)


def test_whatever_the_handlers_ask_of_aws_is_granted(calls: list[Call]) -> None:
    assert {call.function for call in calls} == set(functions(load()))
    assert refused(calls, load()) == set()


def test_whatever_is_granted_on_the_table_is_asked_for(calls: list[Call]) -> None:
    assert unused(calls, load()) == set()


@pytest.mark.parametrize(
    ("role", "sid", "prefix"),
    [
        ("ChatRole", "Read", "USAGE#*"),
        ("PixelRole", "Count", "LEADS#*"),
        ("WebRole", "ReadSite", "X"),
    ],
)
def test_a_grant_that_nobody_asks_for_is_found(
    calls: list[Call], role: str, sid: str, prefix: str
) -> None:
    template = load()
    for name, statement in statements(template):
        if (name, statement["Sid"]) == (role, sid):
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            keys.append(prefix)
    found = unused(calls, template)
    assert {grant.about for grant in found} == {prefix}


@pytest.mark.parametrize(
    "call",
    [
        Call("web", "dynamodb:GetItem", "LEADS#s_demo"),
        Call("web", "dynamodb:PutItem", "SITE#s_demo"),
        Call("pixel", "dynamodb:UpdateItem", "VIEW"),
        Call("leads", "ssm:GetParameter", f"{PREFIX}/anthropic-api-key"),
        Call("chat", "dynamodb:Scan", "CONV#s_demo#1"),
        Call("mailer", "dynamodb:Query", "LEADS#s_demo"),
        Call("console", "kms:Decrypt", "account,kind", ""),
        Call("console", "kms:Encrypt", "", ""),
        Call("webhooks", "kms:Encrypt", "account,kind", ""),
        Call("webhooks", "ssm:GetParameter", f"{PREFIX}/root-key", ""),
        Call("authorizer", "dynamodb:PutItem", "SESSION#x"),
        Call("jobs", "sqs:PurgeQueue", "Jobs", ""),
        Call("jobs", "s3:GetObject", f"/{BUCKET}/x", ""),
        Call("console", "dynamodb:DeleteItem", "ACCOUNT#a_demo", "Ledger"),
    ],
    ids=str,
)
def test_what_was_not_granted_is_refused(call: Call) -> None:
    assert refused([call], load()) == {call}


def test_a_transaction_needs_the_grants_of_its_parts() -> None:
    parts = [{"Put": {"Item": {"pk": {"S": "LEADS#s"}}}}, {"Delete": {"Key": {"pk": {"S": "X#1"}}}}]
    headers = {"X-Amz-Target": "DynamoDB_20120810.TransactWriteItems"}
    content = json.dumps({"TransactItems": parts}).encode()
    assert calls_of("leads", "POST", "/", headers, content) == [
        Call("leads", "dynamodb:PutItem", "LEADS#s"),
        Call("leads", "dynamodb:DeleteItem", "X#1"),
    ]


def test_a_part_of_an_upload_counts_as_its_object_and_giving_one_up_does_not() -> None:
    part = calls_of("jobs", "PUT", "/b/k?partNumber=1&uploadId=u", {}, b"")
    end = calls_of("jobs", "DELETE", "/b/k?uploadId=u", {}, b"")
    assert (part[0].action, end[0].action) == ("s3:PutObject", "s3:AbortMultipartUpload")
