"""Decides what a function's answer says: metadata and payload of a stream, or a proxy response."""

import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from .invocation import Invocation

_DELIMITER = b"\0" * 8
# The metadata has to be within the first 16 KB (API Gateway developer guide, response streaming).
_METADATA_LIMIT = 16 * 1024


class MalformedAnswerError(Exception):
    """API Gateway would answer 502 for what the function sent."""


@dataclass(frozen=True)
class Answer:
    """Status and headers, and the body as it comes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: AsyncIterator[bytes]
    streams: bool


async def read_answer(invocation: Invocation) -> Answer:
    """Return as soon as status and headers are known."""
    await invocation.answered()
    pieces = invocation.pieces()
    if invocation.streams:
        return await _streamed(pieces)
    return _proxy(b"".join([piece async for piece in pieces]))


async def _streamed(pieces: AsyncIterator[bytes]) -> Answer:
    seen = b""
    while _DELIMITER not in seen:
        if len(seen) > _METADATA_LIMIT:
            raise MalformedAnswerError("no delimiter within the first 16 KB")
        try:
            seen += await anext(pieces)
        except StopAsyncIteration:
            raise MalformedAnswerError("the stream ended before its delimiter") from None
    metadata, _, first = seen.partition(_DELIMITER)
    status, headers = _head(_object(metadata))
    return Answer(status, headers, _rest(first, pieces), streams=True)


async def _rest(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in pieces:
        yield piece


def _proxy(document: bytes) -> Answer:
    proxy = _object(document)
    status, headers = _head(proxy)
    text = proxy.get("body") or ""
    if not isinstance(text, str):
        raise MalformedAnswerError("the body is not a string")
    try:
        body = base64.b64decode(text) if proxy.get("isBase64Encoded") else text.encode("utf-8")
    except (binascii.Error, ValueError) as failure:
        raise MalformedAnswerError("the body cannot be decoded") from failure
    return Answer(status, headers, _one(body), streams=False)


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _object(document: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(document)
    except ValueError as failure:
        raise MalformedAnswerError("not JSON") from failure
    if not isinstance(parsed, dict) or "statusCode" not in parsed:
        raise MalformedAnswerError("no statusCode")
    return cast("dict[str, Any]", parsed)


def _head(answer: dict[str, Any]) -> tuple[int, tuple[tuple[str, str], ...]]:
    single = cast("dict[str, Any]", answer.get("headers") or {})
    multi = cast("dict[str, list[Any]]", answer.get("multiValueHeaders") or {})
    headers = [(name, str(value)) for name, value in single.items() if name not in multi]
    headers += [(name, str(value)) for name, values in multi.items() for value in values]
    try:
        return int(answer["statusCode"]), tuple(headers)
    except (TypeError, ValueError) as failure:
        raise MalformedAnswerError("statusCode is not a number") from failure
