"""What the handlers ask of AWS: a recorder between them and moto, as they are wired in Lambda."""

import http.client
import importlib
import json
import os
import threading
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS
from moto.server import ThreadedMotoServer

from dev.fakes.http_server import LOOPBACK, Handler, Server
from dev.fakes.model import Model, ModelHandler
from leadlayer.core.table import Item
from tests.repo.template import functions, load

PREFIX = "/leadlayer/local"
TABLE = "leadlayer-test"
LEDGER = "leadlayer-test-ledger"
BUCKET = "leadlayer-test-exports"
ROOT_KEY = "ab" * 32
NOBODY = "nobody"
BROKEN = "/broken"
GONE = "/gone"
_OF_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
# What AWS asks of a caller of S3 for each kind of request (S3 user guide, "Actions, resources and
# condition keys"): the parts of an upload count as the object that they become.
_OF_FILES = {"GET": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}


class Call(NamedTuple):
    """One thing asked of AWS: an IAM action, and what it is about. `where` tells the main table
    from its index and from the ledger."""

    function: str
    action: str
    about: str
    where: str = "Table"


class Provider(Handler):
    """Takes every mail and every webhook but those to BROKEN and GONE, and remembers the bodies."""

    seen: list[bytes]

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        self.seen.append(self.body())
        answers = {BROKEN: 500, GONE: 410}
        status = next((answers[end] for end in answers if self.path.endswith(end)), 200)
        self.answer(status, b'{"id": "mail-1"}', "application/json")


class Recorder(Handler):
    seen: list[Call]
    behind: int
    function = NOBODY

    def _pass_on(self) -> None:
        content = self.body()
        if self.function != NOBODY:
            self.seen += calls_of(self.function, self.command, self.path, self.headers, content)
        onward = http.client.HTTPConnection(LOOPBACK, self.behind, timeout=10)
        onward.request(self.command, self.path, content, dict(self.headers))
        answer = onward.getresponse()
        kind = answer.getheader("Content-Type") or "application/x-amz-json-1.0"
        kept = {"ETag": etag} if (etag := answer.getheader("ETag")) else None
        self.answer(answer.status, answer.read(), kind, kept)
        onward.close()

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815  # http.server's names


def calls_of(
    function: str, method: str, path: str, headers: Mapping[str, str], content: bytes
) -> list[Call]:
    target = headers.get("X-Amz-Target")
    if target is None:
        parts = urlsplit(path)
        is_abort = method == "DELETE" and "uploadId" in parse_qs(parts.query)
        action = "AbortMultipartUpload" if is_abort else _OF_FILES[method]
        return [Call(function, f"s3:{action}", parts.path, "")]
    service, operation = target.split(".")
    request = json.loads(content)
    match service:
        case "AmazonSSM":
            return [Call(function, f"ssm:{operation}", request["Name"], "")]
        case "AmazonSQS":
            return [Call(function, f"sqs:{operation}", request["QueueUrl"].rsplit("/")[-1], "")]
        case "TrentService":
            context = ",".join(sorted(request.get("EncryptionContext", {})))
            return [Call(function, f"kms:{operation}", context, "")]
        case _:
            return _of_table(function, operation, request)


def _of_table(function: str, operation: str, request: dict[str, Any]) -> list[Call]:
    if operation == "TransactWriteItems":
        parts = [part for item in request["TransactItems"] for part in item.items()]
        return [
            Call(function, f"dynamodb:{_OF_TRANSACTIONS[kind]}", _key(part), _where(part))
            for kind, part in parts
        ]
    if operation == "BatchWriteItem":
        writes = [write for table in request["RequestItems"].values() for write in table]
        parts = [part for write in writes for part in write.values()]
        return [Call(function, "dynamodb:BatchWriteItem", _key(part)) for part in parts]
    return [Call(function, f"dynamodb:{operation}", _key(request), _where(request))]


def _where(request: dict[str, Any]) -> str:
    if request.get("TableName") == LEDGER:
        return "Ledger"
    return request.get("IndexName", "Table")


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


@contextmanager
def recording() -> Generator[str]:
    """Everything that the functions need, in moto and in stand-ins; gives the address that takes
    webhooks. Calls are recorded while `Recorder.function` names a function."""
    with ExitStack() as stack:
        moto = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        Recorder.seen, Recorder.behind, Provider.seen = [], moto.get_host_and_port()[1], []
        ModelHandler.model = Model()
        servers = (Recorder, ModelHandler, Provider)
        aws, model, provider = (stack.enter_context(_serving(each)) for each in servers)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in _environment(aws, model, provider).items():
            patch.setenv(name, value)
        stack.callback(_forget_clients)
        _forget_clients()
        for name, value in _resources().items():
            patch.setenv(name, value)
        yield f"http://{LOOPBACK}:{provider}/hook"


def _environment(aws: int, model: int, provider: int) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{aws}",
        "ANTHROPIC_BASE_URL": f"http://{LOOPBACK}:{model}",
        "RESEND_BASE_URL": f"http://{LOOPBACK}:{provider}",
        "STAGE": "local",
        "TABLE_NAME": TABLE,
        "LEDGER_TABLE_NAME": LEDGER,
        "EXPORT_BUCKET": BUCKET,
        "PARAMETER_PREFIX": PREFIX,
        "MAIL_FROM": "LeadLayer <mail@leadlayer.example>",
        "CONSOLE_URL": "https://console.leadlayer.example",
        "CHAT_URL": "https://chat.leadlayer.example",
    }


def _resources() -> dict[str, str]:
    """Makes what the template makes beside the main table; gives what only AWS can name."""
    store = client("ssm")
    secrets = (("root-key", ROOT_KEY), ("resend-api-key", "re_1"), ("anthropic-api-key", "sk-1"))
    for name, value in secrets:
        store.put_parameter(Name=f"{PREFIX}/{name}", Value=value, Type="SecureString")
    place = {"LocationConstraint": "eu-central-1"}
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    client("dynamodb").create_table(
        TableName=LEDGER,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
    )
    return {
        "JOBS_QUEUE_URL": client("sqs").create_queue(QueueName="Jobs")["QueueUrl"],
        "CREDENTIAL_KEY": client("kms").create_key()["KeyMetadata"]["Arn"],
    }


def _forget_clients() -> None:
    Recorder.function = NOBODY
    Item._connection = None
    parameters.clear_caches()
    DEFAULT_PROVIDERS.clear()
    for name in functions(load()):
        importlib.import_module(f"functions.{name}.handler").wire.cache_clear()


def client(service: str) -> Any:
    import boto3

    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
