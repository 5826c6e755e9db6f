"""What tests read behind the API: rows of the table, mails of the outbox, what the model saw."""

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

import boto3
from boto3.dynamodb.types import TypeDeserializer

Row = dict[str, Any]


def rows(stack: dict[str, Any], prefix: str) -> list[Row]:
    """Every row whose partition key begins with `prefix`. Tests may scan; functions never do."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=stack["aws_endpoint"],
        region_name="eu-central-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",
    )
    read = TypeDeserializer().deserialize
    pages = client.get_paginator("scan").paginate(
        TableName=stack["table"],
        ConsistentRead=True,
        FilterExpression="begins_with(pk, :prefix)",
        ExpressionAttributeValues={":prefix": {"S": prefix}},
    )
    found = [
        {name: read(value) for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]
    client.close()
    return found


def leads(stack: dict[str, Any]) -> list[Row]:
    return [row for row in rows(stack, f"LEADS#{stack['site']}") if row["sk"].startswith("LEAD#")]


def views(stack: dict[str, Any], path: str) -> int:
    """How often a page was counted, over all shards."""
    counters = rows(stack, f"VIEWS#{stack['site']}#")
    return sum(int(row["views"]) for row in counters if row["sk"].partition("#")[2] == path)


def mails(stack: dict[str, Any], *, about: str) -> list[Row]:
    """The owner's mails of the outbox that name a lead; other people get letters of their own."""
    shown = _get_json(stack["outbox"] + "/")
    owner = [stack["owner_email"]]
    return [mail for mail in shown if about in mail["text"] and mail["to"] == owner]


def wait_for_mails(stack: dict[str, Any], *, about: str, seconds: float = 20) -> list[Row]:
    deadline = time.monotonic() + seconds
    while not (found := mails(stack, about=about)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def sent_to_model(model: str) -> str:
    """Everything the stand-in for the model was asked, as one text."""
    return json.dumps(_get_json(model + "/requests"))


def post_json(url: str, body: object) -> int:
    return _call("POST", url, json.dumps(body).encode())[0]


def _get_json(url: str) -> Any:
    return json.loads(_call("GET", url, None)[1])


def _call(method: str, url: str, body: bytes | None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request(method, parts.path, body, {"Accept": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
