"""No stand-in enforces IAM, so what the handlers really ask of AWS is held against the template.

The handlers run as they are wired in Lambda; a recorder stands between them and moto.
"""

import http.client
import importlib
import json
import os
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS
from moto.server import ThreadedMotoServer

from dev.fakes.http_server import LOOPBACK, Handler, Server
from dev.fakes.model import Model, ModelHandler
from leadlayer.core.table import Item
from tests.repo.template import Template, as_list, functions, load, statements, texts
from tests.world import Context, load_event, make_world

_OF_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_PREFIX = "/leadlayer/local"
_TABLE = "leadlayer-test"


class Call(NamedTuple):
    """One thing asked of AWS: an IAM action, and the partition key or parameter it is about."""

    function: str
    action: str
    about: str


class _MailProvider(Handler):
    """Takes every mail, so that the mailer gets to say that it was sent."""

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        self.body()
        self.answer(200, b'{"id": "mail-1"}', "application/json")


class _Recorder(Handler):
    seen: list[Call]
    behind: int
    function = "nobody"

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        content = self.body()
        self.seen += _calls(self.function, self.headers["X-Amz-Target"], json.loads(content))
        onward = http.client.HTTPConnection(LOOPBACK, self.behind, timeout=10)
        onward.request("POST", self.path, content, dict(self.headers))
        answer = onward.getresponse()
        self.answer(answer.status, answer.read(), "application/x-amz-json-1.0")
        onward.close()


def _calls(function: str, target: str, request: dict[str, Any]) -> list[Call]:
    service, operation = target.split(".")
    if service == "AmazonSSM":
        return [Call(function, f"ssm:{operation}", request["Name"])]
    if operation == "TransactWriteItems":
        parts = [part for item in request["TransactItems"] for part in item.items()]
        return [
            Call(function, f"dynamodb:{_OF_TRANSACTIONS[kind]}", _key(part)) for kind, part in parts
        ]
    return [Call(function, f"dynamodb:{operation}", _key(request))]


def _key(request: dict[str, Any]) -> str:
    """The partition key: named in a key or an item, or the first value of a key condition."""
    named = request.get("Key") or request.get("Item")
    if named:
        return str(named["pk"]["S"])
    values = request.get("ExpressionAttributeValues", {"": {"S": "?"}})
    return str(next(iter(values.values()))["S"])


@contextmanager
def _serving(handler: type[Handler]) -> Generator[int]:
    server = Server((LOOPBACK, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _call(function: str, event: dict[str, Any]) -> Any:
    _Recorder.function = function
    return importlib.import_module(f"functions.{function}.handler").lambda_handler(event, Context())


def _chat_until_a_lead_is_left() -> None:
    """Contact details, consent, and then the visitor deletes the conversation."""
    known: dict[str, str] = {}
    for turn, said in enumerate(("Mail me op noor@example.com", "Ja, dat mag", "Dank u")):
        key = {"Idempotency-Key": f"grants-test-{turn:012}"}
        event = load_event("chat.json", body={"message": said, **known}, headers=key)
        answer = _call("chat", event)
        reply = json.loads(answer["body"])
        known = {name: reply[name] for name in ("conversation", "token")}
    event = load_event("chat.delete", headers={"Authorization": f"Bearer {known['token']}"})
    path = event["path"].rsplit("/", 1)[0] + f"/{known['conversation']}"
    changes = {"path": path, "pathParameters": {"site": "s_demo", "id": known["conversation"]}}
    assert _call("chat", event | changes)["statusCode"] == 204


def _everything_once() -> None:
    for name in ("leads.valid", "pixel.valid", "web.widget_config", "mailer.schedule"):
        _call(name.split(".")[0], load_event(name))
    _forget_salts()
    _chat_until_a_lead_is_left()
    _call("mailer", load_event("mailer.schedule"))


def _forget_salts() -> None:
    """Whichever function is first on a day makes the day's salt: here leads, and then chat too."""
    _Recorder.function = "nobody"
    salts = {":salt": {"S": "RATE#SALT"}}
    found = _client("dynamodb").query(
        TableName=_TABLE, KeyConditionExpression="pk = :salt", ExpressionAttributeValues=salts
    )
    for row in found["Items"]:
        _client("dynamodb").delete_item(
            TableName=_TABLE, Key={name: row[name] for name in ("pk", "sk")}
        )


def _recorded() -> list[Call]:
    with ExitStack() as stack:
        moto = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        _Recorder.seen, _Recorder.behind = [], moto.get_host_and_port()[1]
        ModelHandler.model = Model()
        servers = (_Recorder, ModelHandler, _MailProvider)
        aws, model, mail = (stack.enter_context(_serving(each)) for each in servers)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in _environment(aws, model, mail).items():
            patch.setenv(name, value)
        stack.callback(_forget_clients)
        _forget_clients()
        next(make_world())
        _make_secrets()
        _everything_once()
        return [call for call in _Recorder.seen if call.function != "nobody"]


def _environment(aws: int, model: int, mail: int) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{aws}",
        "ANTHROPIC_BASE_URL": f"http://{LOOPBACK}:{model}",
        "RESEND_BASE_URL": f"http://{LOOPBACK}:{mail}",
        "STAGE": "local",
        "TABLE_NAME": _TABLE,
        "PARAMETER_PREFIX": _PREFIX,
        "MAIL_FROM": "LeadLayer <mail@leadlayer.example>",
        "CONSOLE_URL": "https://console.leadlayer.example",
        "CHAT_URL": "https://chat.leadlayer.example",
    }


def _forget_clients() -> None:
    _Recorder.function = "nobody"
    Item._connection = None
    parameters.clear_caches()
    DEFAULT_PROVIDERS.clear()
    for name in functions(load()):
        importlib.import_module(f"functions.{name}.handler").wire.cache_clear()


def _client(service: str) -> Any:
    import boto3

    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def _make_secrets() -> None:
    store = _client("ssm")
    for name, value in (
        ("root-key", "ab" * 32),
        ("resend-api-key", "re_1"),
        ("anthropic-api-key", "sk-1"),
    ):
        store.put_parameter(Name=f"{_PREFIX}/{name}", Value=value, Type="SecureString")


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
    if call.action.startswith("ssm:"):
        arns = (text.replace("${Stage}", "local") for text in texts(statement["Resource"]))
        return any(arn.endswith(f":parameter{call.about}") for arn in arns)
    keys = _prefixes(statement)
    return any(fnmatchcase(call.about, key) for key in keys)


def unused(calls: list[Call], template: Template) -> set[Call]:
    """What a role allows on a prefix of the table's keys and no call was about."""
    names = {each["Role"]["Fn::GetAtt"][0]: name for name, each in functions(template).items()}
    granted = {
        Call(names[role], action, prefix)
        for role, statement in statements(template)
        for prefix in _prefixes(statement)
        for action in as_list(statement["Action"])
    }
    return {
        grant
        for grant in granted
        if not any(
            call[:2] == grant[:2] and fnmatchcase(call.about, grant.about) for call in set(calls)
        )
    }


def _prefixes(statement: dict[str, Any]) -> list[str]:
    limits = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    return list(limits.get("dynamodb:LeadingKeys", []))


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return _recorded()


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
        Call("leads", "ssm:GetParameter", f"{_PREFIX}/anthropic-api-key"),
        Call("chat", "dynamodb:Scan", "CONV#s_demo#1"),
        Call("mailer", "dynamodb:Query", "LEADS#s_demo"),
    ],
    ids=str,
)
def test_what_was_not_granted_is_refused(call: Call) -> None:
    assert refused([call], load()) == {call}


def test_a_transaction_needs_the_grants_of_its_parts() -> None:
    parts = [{"Put": {"Item": {"pk": {"S": "LEADS#s"}}}}, {"Delete": {"Key": {"pk": {"S": "X#1"}}}}]
    request = {"TransactItems": parts}
    assert _calls("leads", "DynamoDB_20120810.TransactWriteItems", request) == [
        Call("leads", "dynamodb:PutItem", "LEADS#s"),
        Call("leads", "dynamodb:DeleteItem", "X#1"),
    ]
