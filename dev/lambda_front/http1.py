"""Decides how HTTP/1.1 is read and written here: what browsers, libcurl and http.client use."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from http import HTTPStatus

HEAD_LIMIT = 64 * 1024
_PIECE = 64 * 1024
_BODYLESS = frozenset({204, 304})
# What describes the connection and not the message is never passed on (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length"}
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

type Headers = tuple[tuple[str, str], ...]


class BadRequestError(Exception):
    """What came over the connection is not HTTP as it is understood here."""


@dataclass(frozen=True)
class Head:
    """A request's first line and headers, in the case in which they were sent."""

    method: str
    target: str
    version: str
    headers: Headers

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def keeps_alive(self) -> bool:
        connection = (self.header("connection") or "").lower()
        return self.version == "HTTP/1.1" and "close" not in connection


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next request on the connection; None when the other side is done with it."""
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError as failure:
        raise BadRequestError("the headers are too large") from failure
    first, *lines = block.decode("latin-1").lstrip("\r\n").split("\r\n")[:-2]
    match first.split(" "):
        case [method, target, ("HTTP/1.1" | "HTTP/1.0") as version]:
            return Head(method, target, version, tuple(_header(line) for line in lines))
        case _:
            raise BadRequestError("not a request line")


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not _TOKEN.fullmatch(name):
        raise BadRequestError("not a header line")
    return name, value.strip(" \t")


async def body_pieces(reader: asyncio.StreamReader, head: Head) -> AsyncIterator[bytes]:
    """The request's body as it arrives; a connection that breaks raises IncompleteReadError."""
    if "chunked" in (head.header("transfer-encoding") or "").lower():
        async for piece in _chunks(reader):
            yield piece
        return
    length = head.header("content-length") or "0"
    if not length.isascii() or not length.isdigit():
        raise BadRequestError("not a content length")
    left = int(length)
    while left:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := await _chunk_size(reader):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readuntil(b"\r\n")) != b"\r\n":
        pass


async def _chunk_size(reader: asyncio.StreamReader) -> int:
    line = await reader.readuntil(b"\r\n")
    try:
        return int(line.split(b";")[0].strip(), 16)
    except ValueError as failure:
        raise BadRequestError("not a chunk size") from failure


class Reply:
    """One answer on a connection: whole, or in chunks as they come."""

    def __init__(self, writer: asyncio.StreamWriter, head: Head | None) -> None:
        self._writer = writer
        self._bodyless = head is not None and head.method == "HEAD"
        self._chunked = head is not None and head.version == "HTTP/1.1"
        self.keeps_alive = head is not None and head.keeps_alive

    async def whole(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        size = None if status in _BODYLESS else ("Content-Length", str(len(body)))
        shown = b"" if self._bodyless or size is None else body
        self._writer.write(self._head(status, headers, size) + shown)
        await self._writer.drain()

    async def start(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        self._bodyless = self._bodyless or status in _BODYLESS
        if not self._chunked and not self._bodyless:
            self.keeps_alive = False  # the end of an HTTP/1.0 body is the end of the connection
        framing = ("Transfer-Encoding", "chunked") if self._chunked and not self._bodyless else None
        self._writer.write(self._head(status, headers, framing))
        await self._writer.drain()

    async def piece(self, data: bytes) -> None:
        if self._bodyless or not data:
            return
        self._writer.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        await self._writer.drain()

    async def end(self) -> None:
        if self._chunked and not self._bodyless:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()

    def _head(
        self, status: int, headers: Iterable[tuple[str, str]], framing: tuple[str, str] | None
    ) -> bytes:
        kept = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
        kept += [framing] if framing else []
        kept += [("Connection", "keep-alive" if self.keeps_alive else "close")]
        lines = [f"HTTP/1.1 {status} {_reason(status)}", *(f"{k}: {v}" for k, v in kept), "", ""]
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a header of the answer has a line end in it")
        return "\r\n".join(lines).encode("utf-8")


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus else "Answer"
