"""Turns a request into the event of a REST API's Lambda proxy integration (payload version 1.0).

Source: API Gateway developer guide, "Input format of a Lambda function for proxy integration".
"""

import base64
import json
import re
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from .http1 import Head, Headers

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Resource:
    """One resource path of the API, such as /v1/sites/{site}/chat."""

    path: str

    def match(self, path: str) -> dict[str, str] | None:
        pattern = "".join(
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part)
            for index, part in enumerate(_PARAMETER.split(self.path))
        )
        found = re.fullmatch(pattern, path)
        return found and {name: unquote(value) for name, value in found.groupdict().items()}


CHAT_RESOURCES = (
    Resource("/v1/sites/{site}/chat"),
    Resource("/v1/sites/{site}/conversations/{id}"),
)


def rest_event(
    head: Head, body: bytes, *, source_ip: str, stage: str, resources: Sequence[Resource]
) -> bytes | None:
    """The event as JSON; None when the API has no such resource."""
    url = urlsplit(head.target)
    found = _find(resources, url.path)
    if found is None:
        return None
    resource, parameters = found
    query = parse_qsl(url.query, keep_blank_values=True)
    headers = _forwarded(head, source_ip)
    text, is_base64 = _body(body)
    event = {
        "resource": resource.path,
        "path": url.path,
        "httpMethod": head.method,
        "headers": dict(headers) or None,
        "multiValueHeaders": _multi(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _multi(query),
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _context(head, url.path, resource, source_ip, stage),
        "body": text,
        "isBase64Encoded": is_base64,
    }
    return json.dumps(event).encode()


def _find(resources: Sequence[Resource], path: str) -> tuple[Resource, dict[str, str]] | None:
    for resource in resources:
        parameters = resource.match(path)
        if parameters is not None:
            return resource, parameters
    return None


def _forwarded(head: Head, source_ip: str) -> Headers:
    """The sender's headers as sent, with the address appended as a front does."""
    said = head.header("x-forwarded-for")
    kept = tuple(pair for pair in head.headers if pair[0].lower() != "x-forwarded-for")
    chain = f"{said}, {source_ip}" if said else source_ip
    return (*kept, ("X-Forwarded-For", chain), ("X-Forwarded-Proto", "http"))


def _multi(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]] | None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values or None


def _body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True


def _context(
    head: Head, path: str, resource: Resource, source_ip: str, stage: str
) -> dict[str, object]:
    now = time.time()
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": head.header("host") or "",
        "extendedRequestId": uuid.uuid4().hex,
        "httpMethod": head.method,
        "identity": {"sourceIp": source_ip, "userAgent": head.header("user-agent")},
        "path": f"/{stage}{path}",
        "protocol": head.version,
        "requestId": str(uuid.uuid4()),
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": resource.path.rsplit("/", 1)[-1].strip("{}"),
        "resourcePath": resource.path,
        "stage": stage,
    }
