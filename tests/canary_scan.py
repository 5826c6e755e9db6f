"""Looks for a person's data wherever it could be left: as it is, escaped, encoded, or as a hash
that anybody can compute again."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

# A shorter value would be found by chance.
_SHORTEST = 5
_HASHES: tuple[Callable[..., Any], ...] = (hashlib.md5, hashlib.sha1, hashlib.sha256)


@dataclass(frozen=True)
class Hit:
    sink: str
    value: str
    spelling: str


def hits(values: Mapping[str, str], sinks: Mapping[str, str]) -> list[Hit]:
    """Which value stands where, and how it is spelled there. Letters count as equal in either
    case. Raises ValueError for a value that is too short to look for."""
    lowered = {sink: text.lower() for sink, text in sinks.items()}
    return [
        Hit(sink, name, spelling)
        for name, value in values.items()
        for spelling, spelled in spellings(value)
        for sink, text in lowered.items()
        if spelled.lower() in text
    ]


def spellings(value: str) -> Iterator[tuple[str, str]]:
    if len(value) < _SHORTEST:
        message = f"too short to look for: {len(value)} characters"
        raise ValueError(message)
    yield "raw", value
    yield "json", json.dumps(value)[1:-1]
    yield "url", quote(value, safe="")
    yield "form", quote_plus(value)
    # In lower case too, as an address is kept and would be hashed.
    for text in {value, value.lower()}:
        for start in range(3):
            yield from _base64s(f"base64 at {start}", _inner_base64(text.encode(), start))
        for algorithm in _HASHES:
            digest = algorithm(text.encode())
            yield f"{digest.name} hex", digest.hexdigest()
            encoded = base64.b64encode(digest.digest()).decode().rstrip("=")
            yield from _base64s(f"{digest.name} base64", encoded)


def row_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as DynamoDB keeps them: names and values, each on a line, unescaped."""
    return "\n".join(text for row in rows for text in _leaves(row))


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for name, inner in value.items():
                yield str(name)
                yield from _leaves(inner)
        case list() | tuple() | set():
            for inner in value:
                yield from _leaves(inner)
        case bytes():
            yield value.decode("latin-1")
        case _:
            yield str(value)


def _inner_base64(data: bytes, start: int) -> str:
    """What every base64 of a text holds that has the data at that place (modulo three): without the
    characters at either end that mix in what stands beside it."""
    encoded = base64.b64encode(b"\0" * start + data).decode()
    first = -(-start * 8 // 6)
    whole = (start + len(data)) * 8 // 6
    return encoded[first:whole]


def _base64s(name: str, encoded: str) -> Iterator[tuple[str, str]]:
    yield name, encoded
    yield f"{name}url", encoded.translate(str.maketrans("+/", "-_"))
