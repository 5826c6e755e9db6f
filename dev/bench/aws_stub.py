"""DynamoDB and Parameter Store in memory: enough for one visitor, and it counts what it is asked.

Conditions always hold here and expressions are read only as far as the handlers use them: this
measures the callers, the tests check them against moto and MiniStack.
"""

import asyncio
import contextlib
import json
import math
import re
import ssl
from collections import Counter
from typing import Any

from dev.lambda_front.http1 import Head, Reply, body_pieces, read_head

type Item = dict[str, dict[str, Any]]
type Call = dict[str, Any]

_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[\w-]+/\w+/aws4_request, ?"
    r"SignedHeaders=[\w;-]+, ?Signature=[0-9a-f]{64}"
)
_SETS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")
_ADDS = re.compile(r"([#\w]+)\s+(:\w+)")
_CLAUSE = re.compile(r"\b(SET|ADD|REMOVE|DELETE)\b")
_PREFIX = re.compile(r"begins_with\s*\(\s*[#\w]+\s*,\s*(:\w+)\s*\)")
_WRITE_UNIT = 1024


class AwsStub:
    """One server for both services; everything a call costs on AWS is counted by its name."""

    def __init__(self, items: list[Item], parameters: dict[str, str]) -> None:
        self._items = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        self._parameters = parameters
        self._server: asyncio.Server | None = None
        self.calls: Counter[str] = Counter()
        self.write_units = 0
        self.unsigned = 0

    async def start(self, tls: ssl.SSLContext | None) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        return self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await read_head(reader):
                body = b"".join([piece async for piece in body_pieces(reader, head)])
                status, answer = self._answer(head, body)
                headers = (("Content-Type", "application/x-amz-json-1.0"),)
                await Reply(writer, head).whole(status, headers, json.dumps(answer).encode())
        except (OSError, asyncio.IncompleteReadError):
            pass  # a worker that was ended
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, head: Head, body: bytes) -> tuple[int, Call]:
        if not _SIGNATURE.fullmatch(head.header("authorization") or ""):
            self.unsigned += 1
            return 400, {"__type": "com.amazon.coral.service#MissingAuthenticationToken"}
        operation = (head.header("x-amz-target") or "").rpartition(".")[2]
        self.calls[operation] += 1
        answered = self._dispatch(operation, json.loads(body))
        if answered is None:
            return 400, {"__type": "com.amazon.coral.service#UnknownOperationException"}
        return 200, answered

    def _dispatch(self, operation: str, call: Call) -> Call | None:
        match operation:
            case "GetItem":
                item = self._items.get(_key(call["Key"]))
                return {"Item": item} if item else {}
            case "Query":
                found = self._query(call)
                return {"Items": found, "Count": len(found), "ScannedCount": len(found)}
            case "DescribeTable":
                return {"Table": _description(call["TableName"])}
            case "GetParameter":
                value = self._parameters[call["Name"].rpartition("/")[2]]
                return {"Parameter": {"Name": call["Name"], "Value": value}}
            case "UpdateItem":
                self._write("Update", call, units=1)
                return {"Attributes": self._items[_key(call["Key"])]}
            case _:
                return {} if self._writes(operation, call) else None

    def _writes(self, operation: str, call: Call) -> bool:
        """Whether the operation is a write at all."""
        if operation == "TransactWriteItems":
            for write in call["TransactItems"]:
                for kind, one in write.items():
                    self._write(kind, one, units=2)
            return True
        if operation in ("PutItem", "DeleteItem"):
            self._write(operation.removesuffix("Item"), call, units=1)
            return True
        return False

    def _query(self, call: Call) -> list[Item]:
        values = call["ExpressionAttributeValues"]
        condition = call["KeyConditionExpression"]
        prefix = _PREFIX.search(condition)
        start = values[prefix[1]]["S"] if prefix else ""
        equal = _SETS.search(condition)
        pk = values[equal[2]]["S"] if equal else ""
        keys = sorted(key for key in self._items if key[0] == pk and key[1].startswith(start))
        return [self._items[key] for key in keys]

    def _write(self, kind: str, call: Call, *, units: int) -> None:
        if kind == "ConditionCheck":
            self.write_units += units
            return
        key = _key(call.get("Item") or call["Key"])
        match kind:
            case "Put":
                self._items[key] = call["Item"]
            case "Update":
                item = self._items.setdefault(key, dict(call["Key"]))
                _apply(item, call)
            case _:
                self._items.pop(key, None)
        size = len(json.dumps(self._items.get(key, {})))
        self.write_units += units * max(1, math.ceil(size / _WRITE_UNIT))


def _apply(item: Item, call: Call) -> None:
    names, values = call.get("ExpressionAttributeNames", {}), call["ExpressionAttributeValues"]
    clauses = _CLAUSE.split(call["UpdateExpression"])[1:]
    for verb, text in zip(clauses[::2], clauses[1::2], strict=True):
        if verb == "SET":
            for name, value in _SETS.findall(text):
                item[names.get(name, name)] = values[value]
        elif verb == "ADD":
            for name, value in _ADDS.findall(text):
                before = int(item.get(names.get(name, name), {"N": "0"})["N"])
                item[names.get(name, name)] = {"N": str(before + int(values[value]["N"]))}


def _key(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def _description(name: str) -> dict[str, Any]:
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    return {
        "TableName": name,
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        "AttributeDefinitions": [{"AttributeName": k, "AttributeType": "S"} for k, _ in keys],
    }
