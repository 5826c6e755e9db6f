"""DynamoDB for the pixel: three operations, signed by botocore, without botocore's client.

A client costs six times the cold start of a bare function (service models, endpoint rules); the
signer and the standard library do the pixel's job for less than half of that. Measured by
`make bench`; only the pixel uses it, everything else goes through core.table.
"""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from leadlayer.core.clock import Clock, epoch

# API Gateway's counter must answer within a second or two; so must its table.
_TIMEOUT_S = 2.0
# DynamoDB closes idle connections; a reused one that is older is opened anew instead of risked.
_IDLE_S = 20.0
_AMAZON_ROOTS = Path(__file__).with_name("amazon_roots.pem")


class Throttled(Exception):
    """DynamoDB took the call and did nothing: safe to try another partition."""


class CallFailed(Exception):
    """Anything else; whether a write happened is not known."""


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str | None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Credentials":
        return cls(
            env["AWS_ACCESS_KEY_ID"],
            env["AWS_SECRET_ACCESS_KEY"],
            env.get("AWS_SESSION_TOKEN") or None,
        )


@dataclass(frozen=True)
class Endpoint:
    url: str
    region: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Endpoint":
        region = env.get("AWS_REGION", "eu-central-1")
        # The European Sovereign Cloud has a domain of its own.
        domain = "amazonaws.eu" if region.startswith("eusc-") else "amazonaws.com"
        return cls(env.get("AWS_ENDPOINT_URL") or f"https://dynamodb.{region}.{domain}", region)


class LiteTable:
    """Reads drop expired items, as core.table does. Not safe for threads: a Lambda has one."""

    def __init__(
        self,
        name: str,
        *,
        endpoint: Endpoint,
        credentials: Credentials,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._url = urlsplit(endpoint.url)
        self._signer = SigV4Auth(credentials, "dynamodb", endpoint.region)
        self._clock = clock
        self._monotonic = monotonic
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def find(self, pk: str, sk: str, attributes: tuple[str, ...]) -> dict[str, str] | None:
        """The string attributes asked for, or None when the item is missing or has expired."""
        wanted = {f"#{index}": name for index, name in enumerate((*attributes, "expires_at"))}
        answer = self._call(
            "GetItem",
            {
                "Key": _key(pk, sk),
                "ProjectionExpression": ",".join(wanted),
                "ExpressionAttributeNames": wanted,
            },
        )
        item: dict[str, dict[str, str]] | None = answer.get("Item")
        # An item without any of the attributes comes back empty, a missing one not at all.
        if item is None or not self._is_live(item):
            return None
        return {name: item[name]["S"] for name in attributes if "S" in item.get(name, {})}

    def sort_keys(self, pk: str, prefix: str, *, limit: int) -> list[str]:
        """Sort keys of a partition that start with `prefix`, at most `limit`; live items only."""
        answer = self._call(
            "Query",
            {
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
                "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": prefix}},
                "ProjectionExpression": "sk,expires_at",
                "Limit": limit,
            },
        )
        return [item["sk"]["S"] for item in answer.get("Items", []) if self._is_live(item)]

    def add_one(self, pk: str, sk: str, *, counter: str, kind: str, expires_at: int) -> None:
        """One write unit: the counter goes up by one, and a new row gets its type and expiry.

        Raises Throttled when nothing was written, CallFailed when that is not known.
        """
        self._call(
            "UpdateItem",
            {
                "Key": _key(pk, sk),
                "UpdateExpression": "SET #type = :type, expires_at = :expires ADD #counter :one",
                "ExpressionAttributeNames": {"#type": "type", "#counter": counter},
                "ExpressionAttributeValues": {
                    ":type": {"S": kind},
                    ":expires": {"N": str(expires_at)},
                    ":one": {"N": "1"},
                },
            },
        )

    def _is_live(self, item: Mapping[str, Mapping[str, str]]) -> bool:
        expires_at = item.get("expires_at", {}).get("N")
        return expires_at is None or float(expires_at) > epoch(self._clock())

    def _call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"TableName": self._name, **parameters}).encode()
        request = AWSRequest(
            "POST",
            f"{self._url.scheme}://{self._url.netloc}/",
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            },
            data=body,
        )
        self._signer.add_auth(request)
        status, text = self._send(body, dict(request.headers.items()))
        if status == 200:
            return json.loads(text)
        if b"Throttling" in text or b"ProvisionedThroughputExceeded" in text:
            raise Throttled
        raise CallFailed

    def _send(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """One try, and a second only for a kept connection that breaks: nearly always the server
        had closed it before it read anything. In rare cases the break comes after the view was
        counted, which then counts twice; to give up would lose views far more often. Any other
        lost answer is not tried again."""
        kept = self._connection
        connection = self._open()
        was_open = connection is kept
        try:
            return self._exchange(connection, body, headers)
        except (ConnectionError, http.client.RemoteDisconnected):
            self._drop()
            if not was_open:
                raise CallFailed from None
        except (OSError, http.client.HTTPException):
            self._drop()
            raise CallFailed from None
        try:
            return self._exchange(self._open(), body, headers)
        except (OSError, http.client.HTTPException):
            self._drop()
            raise CallFailed from None

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        result = response.status, response.read()
        self._used_at = self._monotonic()
        return result

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is not None and self._monotonic() - self._used_at < _IDLE_S:
            return self._connection
        self._drop()
        self._connection = self._connect()
        return self._connection

    def _connect(self) -> http.client.HTTPConnection:
        host = self._url.netloc
        if self._url.scheme == "http":
            return http.client.HTTPConnection(host, timeout=_TIMEOUT_S)
        # Five roots instead of 120: parsing the others is a third of a lean cold start.
        roots = str(_AMAZON_ROOTS) if _AMAZON_ROOTS.exists() else None
        context = ssl.create_default_context(cafile=roots)
        return http.client.HTTPSConnection(host, timeout=_TIMEOUT_S, context=context)


def _key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
