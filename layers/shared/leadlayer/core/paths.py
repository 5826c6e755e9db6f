"""Decides what of a page's address may be kept: a short path from which identifiers are gone.

A counter stays anonymous only while its key names a page and never a person. A name in a path
(/team/jan-jansen) looks like any other word and cannot be recognised here.
"""

import re
import unicodedata
from urllib.parse import unquote

MAX_LENGTH = 160
MAX_SEGMENTS = 6
IDENTIFIER = ":id"

_MAX_SEGMENT = 40
_MAX_INPUT = 2000
# Three layers cover a link that was encoded by a mailer, a redirect and a browser in turn.
_DECODINGS = 3
_MIN_TOKEN = 16

_ORIGIN = re.compile(r"(?:[Hh][Tt]{2}[Pp][Ss]?:/*|//+)[^/?#]*")
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_STILL_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_AT = re.compile(r"@|[(\[{][Aa][Tt][)\]}]")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
# stadsfiets, 28inch, MacBook, LEDlamp, iPhone15; not aB3xY.
_WRITTEN_LIKE_A_WORD = re.compile(r"[0-9]*(?:[A-Z]*[a-z]*|[a-z]*(?:[A-Z][a-z]+)+)[0-9]*")
_DIGIT_INSIDE = re.compile(r"[a-z][0-9]+[a-z]")
# What Dutch, English, German and French words lack: five consonant sounds in a row, or two pairs
# of letters that never meet.
_MANY_CONSONANTS = re.compile(r"(?>sch|ch|ck|ng|ph|st|th|[bcdfghjklmnpqrstvwxz]){5}")
_STRANGE_PAIR = re.compile(
    r"q[^aeiu]|[bfghjkmpvwxz]q|[bcdfghjkmpqsvwz]x|x[bdgjkmnrvxz]|v[bcfhjkmpqtwxz]|z[bcdfgjnqrxs]"
)


def scrub_path(raw: object) -> str:
    """Return the path of an address, lower-cased, with `:id` for whatever may identify someone."""
    if not isinstance(raw, str):
        return "/"
    address = _without_origin(_decoded(raw[:_MAX_INPUT]))
    segments = _segments(re.split(r"[?#]", address, maxsplit=1)[0])
    if len(raw) > _MAX_INPUT and segments:
        # The cut may have taken what gave the last segment away, such as the @ of an address.
        segments[-1] = IDENTIFIER
    kept = _without_spread_numbers([_scrubbed(segment) for segment in segments])
    return _joined(kept[:MAX_SEGMENTS])


def _decoded(text: str) -> str:
    # Before decoding too: a user name with %2F in front of a host would look like a path.
    text = _without_origin(_visible(text.strip()))
    for _ in range(_DECODINGS):
        again = _visible(unquote(text))
        if again == text:
            break
        text = again
    return text


def _visible(text: str) -> str:
    """One spelling of each character (a full-width @ is an @), without those nobody sees."""
    if text.isascii():
        shown = text if text.isprintable() else "".join(c for c in text if c.isprintable())
    else:
        seen = "".join(c for c in text if _is_visible(c))
        composed = unicodedata.normalize("NFKC", seen)
        shown = "".join("-" if c.isspace() else c for c in composed if _is_visible(c))
    return shown.replace(" ", "-").replace("\\", "/")


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in {"Zl", "Zp"} and character != "\ufffd"


def _without_origin(text: str) -> str:
    if origin := _ORIGIN.match(text):
        return text[origin.end() :]
    # mailto:, tel:, file: and data: addresses are not pages, and their paths are personal.
    return "" if _OTHER_SCHEME.match(text) else text


def _segments(path: str) -> list[str]:
    resolved: list[str] = []
    for written in path.split("/"):
        # Matrix parameters (;key=value) go, unless the cut would part an address from its @.
        segment = IDENTIFIER if _AT.search(written) else written.partition(";")[0]
        if not _STILL_ENCODED.search(segment):
            segment = segment.replace("%", "-")
        if segment == "..":
            del resolved[-1:]
        elif segment not in {"", "."}:
            resolved.append(segment)
    return resolved


def _scrubbed(segment: str) -> str:
    lowered = segment.lower()
    if not lowered.isascii():
        lowered = unicodedata.normalize("NFKC", lowered)
    if len(lowered) > _MAX_SEGMENT or _identifies(segment) or _identifies(lowered):
        return IDENTIFIER
    return lowered


def _identifies(segment: str) -> bool:
    if _is_year(segment):
        return False
    # Telephone numbers, postcodes, IBANs, BSNs, dates of birth, UUIDs: all have four digits.
    if sum(character.isdigit() for character in segment) >= 4:
        return True
    if "=" in segment or "::" in segment or _STILL_ENCODED.search(segment):
        return True
    return _is_token(segment)


def _is_year(segment: str) -> bool:
    return len(segment) == 4 and segment[:2] in {"19", "20"} and segment.isdecimal()


def _is_token(segment: str) -> bool:
    if len(segment) < _MIN_TOKEN:
        return False
    if segment.lower().startswith("ey") and segment.count(".") > 1:
        return True  # a JSON Web Token: base64url of {" and two more parts
    pieces = re.split(r"[^A-Za-z0-9]+", segment)
    return _HEX.fullmatch("".join(pieces)) is not None or any(map(_is_random, pieces))


def _is_random(piece: str) -> bool:
    lowered = piece.lower()
    return (
        (piece != lowered and not _WRITTEN_LIKE_A_WORD.fullmatch(piece))
        or (len(piece) > 3 and _DIGIT_INSIDE.search(lowered) is not None)
        or _MANY_CONSONANTS.search(lowered) is not None
        or len(_STRANGE_PAIR.findall(lowered)) >= 2
    )


def _without_spread_numbers(segments: list[str]) -> list[str]:
    """Drop numbers that only together identify, as in /06/12/34/56/78; /2026/11/23 stays."""
    kept: list[str] = []
    run: list[str] = []
    for segment in [*segments, ""]:
        if segment and all(c.isdigit() or c in "+-." for c in segment):
            run.append(segment)
            continue
        kept += _date_or_nothing(run)
        kept.append(segment)
        run = []
    return kept[:-1]


def _date_or_nothing(run: list[str]) -> list[str]:
    counted = run[1:] if run and _is_year(run[0]) else run
    digits = sum(character.isdigit() for segment in counted for character in segment)
    return run if digits <= 4 else [IDENTIFIER] * len(run)


def _joined(segments: list[str]) -> str:
    path = ""
    for segment in segments:
        if len(path) + 1 + len(segment) > MAX_LENGTH:
            break
        path += "/" + segment
    return path or "/"
