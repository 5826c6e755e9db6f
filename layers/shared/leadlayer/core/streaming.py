"""Decides how an answer leaves a Python Lambda while it is still being written.

The managed Python runtime posts one whole answer. This module teaches it, in process, what the
Node.js runtime does by itself: an answer whose body is an iterator is posted to the Runtime API in
chunks. Where the runtime's insides look different, nothing is changed and the same answer is sent
whole. Delete this file when AWS ships response streaming for Python; only the chat handler uses it.

Sources: AWS Lambda developer guide, "Building a custom runtime" (response streaming) and "Lambda
runtime API"; API Gateway developer guide, "Set up a Lambda proxy integration with payload response
streaming"; awslambdaric 3.0 to 4.2.2, bootstrap.py and lambda_runtime_client.py.
"""

import http.client
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

_log = logging.getLogger(__name__)

# What HttpResponseStream.from of the Node.js runtime sends: metadata, eight NUL bytes, payload.
CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
DELIMITER = b"\0" * 8

# A reader that has taken nothing for this long is treated as gone.
SEND_TIMEOUT_S = 60.0

_CLIENT_MODULE = "awslambdaric.lambda_runtime_client"
_MARSHALLER_MODULE = "awslambdaric.lambda_runtime_marshaller"
_MARSHAL_PARAMETERS = ("self", "response")
_POST_PARAMETERS = ("self", "invoke_id", "result_data", "content_type")
_PATCHED = "_leadlayer_streams"


@dataclass(frozen=True)
class StreamedResponse:
    """An HTTP answer whose body comes in pieces; every piece is sent as soon as it exists."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]


type Answer = StreamedResponse | dict[str, Any]


def sse(event: str, data: Mapping[str, object]) -> bytes:
    """One server-sent event. JSON escapes line ends, so the data is always a single line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be encoded; a question mark is better than a broken stream.
    return f"event: {event}\ndata: {text}\n\n".encode("utf-8", "replace")


ERROR_EVENT = sse("error", {"code": "internal", "retryable": True})


def respond(streamed: StreamedResponse, *, can_stream: bool) -> Answer:
    """What the handler returns: the stream itself, or the same answer in one piece."""
    return streamed if can_stream else buffered(streamed)


def buffered(streamed: StreamedResponse) -> dict[str, Any]:
    """The answer as an ordinary API Gateway proxy response, its body read to the end."""
    body = b"".join(_guarded(streamed)).decode("utf-8", "replace")
    return {
        "statusCode": streamed.status,
        "headers": dict(streamed.headers),
        "body": body,
        "isBase64Encoded": False,
    }


def install(
    environment: Mapping[str, str] = os.environ,
    modules: Mapping[str, ModuleType] = sys.modules,
) -> bool:
    """Make the running runtime interface client post streams; say whether it can.

    Call it in the init phase: from then on every answer goes out in the streaming form, the first
    refusal too. A streaming integration understands no other.

    The modules are looked up, never imported: outside Lambda an import would start a C client.
    """
    # The emulator inside `sam local` waits for the whole answer and then expects JSON.
    if environment.get("AWS_SAM_LOCAL") == "true" or not environment.get("AWS_LAMBDA_RUNTIME_API"):
        return False
    marshaller = getattr(modules.get(_MARSHALLER_MODULE), "LambdaMarshaller", object)
    client = _class_that_posts(modules.get(_CLIENT_MODULE))
    if not _looks_as_expected(marshaller, client):
        _log.warning("the runtime's insides are not the known ones: answers are sent whole")
        return False
    if not getattr(client, _PATCHED, False):
        _patch(marshaller, client, environment["AWS_LAMBDA_RUNTIME_API"])
    return True


def _class_that_posts(module: ModuleType | None) -> type[Any]:
    """In awslambdaric 4.2 a base class posts answers; in 3.x the only client class does."""
    base = getattr(module, "BaseLambdaRuntimeClient", None)
    return base or getattr(module, "LambdaRuntimeClient", object)


def _looks_as_expected(marshaller: type[Any], client: type[Any]) -> bool:
    if getattr(client, _PATCHED, False):
        return True
    marshal = _parameters(getattr(marshaller, "marshal_response", None))
    post = _parameters(getattr(client, "post_invocation_result", None))
    # Older clients know no invocation id.
    known = (_POST_PARAMETERS, (*_POST_PARAMETERS, "invocation_id"))
    return marshal == _MARSHAL_PARAMETERS and post in known


def _parameters(function: object) -> tuple[str, ...]:
    """The names of a Python function's parameters, without importing `inspect` at a cold start."""
    code = getattr(function, "__code__", None)
    return tuple(code.co_varnames[: code.co_argcount]) if code is not None else ()


def _patch(marshaller: type[Any], client: type[Any], address: str) -> None:
    original_marshal: Callable[..., tuple[object, str]] = marshaller.marshal_response
    original_post: Callable[..., None] = client.post_invocation_result

    def marshal_response(self: object, response: object) -> tuple[object, str]:
        stream = _as_stream(response)
        return original_marshal(self, response) if stream is None else (stream, CONTENT_TYPE)

    def post_invocation_result(
        self: object, invoke_id: str, result_data: object, *rest: str | None, **named: str | None
    ) -> None:
        if not isinstance(result_data, StreamedResponse):
            original_post(self, invoke_id, result_data, *rest, **named)
            return
        invocation_id = named.get("invocation_id", rest[1] if len(rest) > 1 else None)
        post_stream(address, invoke_id, result_data, invocation_id=invocation_id)

    marshaller.marshal_response = marshal_response
    client.post_invocation_result = post_invocation_result
    setattr(client, _PATCHED, True)


def _as_stream(response: object) -> StreamedResponse | None:
    """A proxy response too, in one piece: see `install`."""
    if isinstance(response, StreamedResponse):
        return response
    if not isinstance(response, dict) or "statusCode" not in response:
        return None
    proxy = cast("dict[str, Any]", response)
    body = proxy.get("body") or ""
    if proxy.get("isBase64Encoded"):
        # Imported only here: the chat handler itself never answers with base64.
        from base64 import b64decode

        raw = b64decode(body)
    else:
        raw = str(body).encode("utf-8", "replace")
    headers: dict[str, str] = proxy.get("headers") or {}
    lists: dict[str, list[str]] = proxy.get("multiValueHeaders") or {}
    joined = {name: ", ".join(values) for name, values in lists.items()}
    return StreamedResponse(proxy["statusCode"], headers | joined, iter((raw,)))


def post_stream(
    address: str, invoke_id: str, streamed: StreamedResponse, *, invocation_id: str | None = None
) -> None:
    """Send the answer in chunks and return when it is done, whatever becomes of the reader.

    When the reader is gone, the body is still read to its end: what it does on the way, such as
    storing the whole answer, must happen although nobody listens.
    """
    chunks = _chunks(streamed)
    # A connection of its own, closed afterwards, as the guide asks of streaming runtimes.
    connection = http.client.HTTPConnection(address, timeout=SEND_TIMEOUT_S)
    try:
        _send_head(connection, invoke_id, invocation_id)
        for chunk in chunks:
            connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        connection.send(b"0\r\n\r\n")
        response = connection.getresponse()
        response.read()
        if response.status >= 300:
            _log.warning("the Runtime API refused a stream: %d", response.status)
    except (OSError, http.client.HTTPException) as failure:
        _log.warning("the reader of a stream went away: %s", type(failure).__name__)
        for _ in chunks:
            pass
    finally:
        connection.close()


def _send_head(
    connection: http.client.HTTPConnection, invoke_id: str, invocation_id: str | None
) -> None:
    connection.putrequest("POST", f"/2018-06-01/runtime/invocation/{invoke_id}/response")
    connection.putheader("Content-Type", CONTENT_TYPE)
    connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    connection.putheader("Transfer-Encoding", "chunked")
    if invocation_id:
        # The 4.x client echoes it with every answer (managed instances check it).
        connection.putheader("Lambda-Runtime-Invocation-Id", invocation_id)
    connection.endheaders()


def _chunks(streamed: StreamedResponse) -> Iterator[bytes]:
    metadata = {"statusCode": streamed.status, "headers": dict(streamed.headers)}
    yield json.dumps(metadata).encode() + DELIMITER
    yield from _guarded(streamed)


def _guarded(streamed: StreamedResponse) -> Iterator[bytes]:
    """The body's pieces; a failure becomes an error event and the end, never an exception.

    The Runtime API would tell the browser nothing of a failure after the first byte.
    """
    try:
        for piece in streamed.body:
            if piece:  # an empty chunk would end the stream
                yield piece
    except Exception as failure:  # noqa: BLE001 - the last line of defence, whatever it is
        _log.error("an answer failed in mid-stream: %s", type(failure).__name__)
        if _is_event_stream(streamed.headers):
            yield ERROR_EVENT


def _is_event_stream(headers: Mapping[str, str]) -> bool:
    return any(
        name.lower() == "content-type" and value.lower().startswith("text/event-stream")
        for name, value in headers.items()
    )
