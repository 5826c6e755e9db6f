"""Finds cards, Dutch citizen numbers (BSN) and phone numbers in what a visitor typed."""

import re
from collections.abc import Iterator
from typing import NamedTuple

type Span = tuple[int, int, str]

# Digits with what people write between them, including characters of no width. What separates
# numbers as often as it groups one takes more evidence: see `_is_one_number`.
_APART = "\t\r\n_,"
_BETWEEN = rf"[ \u00a0\u202f.\-\u2011\u2013/()\u200b-\u200d\u2060\ufeff\u00ad{_APART}]{{0,3}}+"
_RUN = re.compile(rf"(?:[+\uff0b(] ?){{0,2}}+\d(?:{_BETWEEN}\d)*+")
# Country code → how many digits its numbers have with the code; E.164 allows 15 in all.
_WITH_CODE = {"31": (11,), "32": (10, 11), "33": (11,), "1": (11,)}
# Visa, Mastercard, American Express, Discover, Maestro, JCB: their first digits and lengths.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|(?:50|5[6-9]|6\d)\d{11,17}|35\d{14,17}",
    re.ASCII,
)
_WITHOUT_PREFIX = re.compile(r"316[1-9]\d{7}|324\d{8}|491[5-7]\d{8,9}|6[1-8]\d{7}", re.ASCII)


class _Group(NamedTuple):
    """Digits written together, and what stands between them and the group before."""

    digits: str
    gap: str
    start: int
    end: int


def numbers_in(text: str) -> Iterator[Span]:
    """Find cards, BSNs and phone numbers, reading each run of digits from left to right."""
    for run in _RUN.finditer(text):
        groups = _groups(run)
        at = 0
        while at < len(groups):
            kind, after = _number_at(groups, at)
            if kind:
                yield _begin(groups, at, after), groups[after - 1].end, kind
            at = after


def _groups(run: re.Match[str]) -> list[_Group]:
    groups: list[_Group] = []
    end = run.start()
    for match in re.finditer(r"\d+", run[0]):
        start = run.start() + match.start()
        # Digits of any script: visitors type full-width and Arabic ones too.
        digits = "".join(str(int(digit)) for digit in match[0])
        groups.append(_Group(digits, run.string[end:start], start, run.start() + match.end()))
        end = groups[-1].end
    return groups


def _begin(groups: list[_Group], at: int, after: int) -> int:
    """Where the number starts: with its + or, when the other bracket is in it too, its bracket."""
    gap = groups[at].gap
    closed = any(")" in group.gap for group in groups[at + 1 : after])
    if at == 0 and (_is_plus(gap) or closed):
        return groups[at].start - len(gap)
    bracket = gap.rfind("(") if closed else -1
    return groups[at].start - (len(gap) - bracket if bracket >= 0 else 0)


def _is_plus(gap: str) -> bool:
    return "+" in gap or "\uff0b" in gap


def _number_at(groups: list[_Group], at: int) -> tuple[str, int]:
    """Return the kind of number that starts at this group (or nothing), and the group after it."""
    windows = _windows(groups, at)
    if _is_plus(groups[at].gap) or groups[at].digits.startswith("00"):
        after = _international(groups, at, windows)
        return ("PHONE", after) if after else ("", at + 1)
    if _is_date(groups, at):
        return "", at + 3
    for kind, find in (("CARD", _card), ("BSN", _bsn), ("PHONE", _national)):
        after = find(groups, at, windows)
        if after:
            return kind, after
    return "", at + 1


def _windows(groups: list[_Group], at: int) -> list[tuple[int, str]]:
    """Return what may be one number: the groups from here on, as (group after it, its digits)."""
    digits = groups[at].digits
    windows = [(at + 1, digits)]
    for index in range(at + 1, len(groups)):
        digits += groups[index].digits
        if len(digits) > 19:
            break
        windows.append((index + 1, digits))
    return windows


def _is_evenly_written(groups: list[_Group], at: int, after: int) -> bool:
    return len({group.gap for group in groups[at + 1 : after]}) <= 1


def _is_apart(gap: str) -> bool:
    return any(character in _APART for character in gap)


def _is_together(groups: list[_Group], at: int, after: int) -> bool:
    return not any(_is_apart(group.gap) for group in groups[at + 1 : after])


def _is_one_number(groups: list[_Group], at: int, after: int, digits: str) -> bool:
    """Not a list of sizes, prices or dates, which are many short groups."""
    gaps = "".join(group.gap for group in groups[at + 1 : after])
    if 2 * len(digits) <= 5 * (after - at):
        return _is_evenly_written(groups, at, after) and not {",", "\n"} & set(gaps)
    written = groups[at:after]
    return not any(_is_date(written, inner) for inner in range(len(written)))


def _card(groups: list[_Group], at: int, windows: list[tuple[int, str]]) -> int | None:
    for after, digits in reversed(windows):
        if not 13 <= len(digits) <= 19 or digits[0] == "0" or not _passes_luhn(digits):
            continue
        even = _is_together(groups, at, after) and _is_evenly_written(groups, at, after)
        issued = _ISSUED.fullmatch(digits) and _is_one_number(groups, at, after, digits)
        if even or issued:
            return after
    return None


def _passes_luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[-1::-2]) + sum(doubled)) % 10 == 0


def _bsn(groups: list[_Group], at: int, windows: list[tuple[int, str]]) -> int | None:
    for after, digits in windows:
        # Eight digits are a BSN without its zero, but weak evidence: only when they stand alone.
        fits = len(digits) == 9 or (len(digits) == 8 and _stands_alone(groups, at, after))
        # Belgian numbers also have nine digits and start with 0, but are not grouped like this.
        if fits and digits[0] == "0":
            fits = [len(group.digits) for group in groups[at:after]] in ([9], [3, 3, 3], [4, 2, 3])
        fits = fits and _is_together(groups, at, after)
        if fits and _is_evenly_written(groups, at, after) and _passes_eleven(digits.zfill(9)):
            return after
    return None


def _stands_alone(groups: list[_Group], at: int, after: int) -> bool:
    begins = at == 0 or _is_apart(groups[at].gap)
    return begins and (after == len(groups) or _is_apart(groups[after].gap))


def _passes_eleven(digits: str) -> bool:
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:8])) - int(digits[8])
    return total % 11 == 0 and digits != "000000000"


def _international(groups: list[_Group], at: int, windows: list[tuple[int, str]]) -> int | None:
    """The end that the country's numbers have, or else the longest that can be dialled."""
    first = groups[at]
    prefix = 0 if _is_plus(first.gap) else 2
    near = [window for window in windows if _is_together(groups, at, window[0])]
    # The cents of a price are no international prefix.
    far = [] if first.digits == "00" else _spread(groups, at, windows)
    return _dialled(near, prefix) or _dialled(far, prefix)


def _spread(groups: list[_Group], at: int, windows: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The windows that go on after a tab, comma or new line and still look like one number."""
    return [
        (after, digits)
        for after, digits in windows
        if not _is_together(groups, at, after) and _is_one_number(groups, at, after, digits)
    ]


def _dialled(windows: list[tuple[int, str]], prefix: int) -> int | None:
    if not windows:
        return None
    ends = {len(digits) - prefix: after for after, digits in windows}
    whole = windows[-1][1][prefix:]
    if whole.startswith("0"):
        return None
    code = next((code for code in _WITH_CODE if whole.startswith(code)), "")
    trunk_zero = whole[len(code) :].startswith("0")
    usual = [ends.get(length + trunk_zero) for length in reversed(_WITH_CODE.get(code, ()))]
    longest = max((after for length, after in ends.items() if 8 <= length <= 15), default=None)
    return next(filter(None, usual), longest)


def _national(groups: list[_Group], at: int, windows: list[tuple[int, str]]) -> int | None:
    near = [window for window in windows if _is_together(groups, at, window[0])]
    ends = {len(digits): after for after, digits in near}
    first = groups[at].digits
    if not re.match(r"0[1-9]", first):
        return _unmarked(groups, at, near)
    for length in (10, 9, 11, 12, 13, 8):
        after = ends.get(length)
        if after and (length > 8 or after - at > 1):
            return after if first.startswith("06") else _with_extension(groups, at, after)
    spread = _spread(groups, at, windows)
    return next((after for after, digits in spread if len(digits) == 10), None)


def _with_extension(groups: list[_Group], at: int, after: int) -> int:
    """German numbers go on: 030 123456-12, 0151 23 45 67 89."""
    for group in groups[after:]:
        pairs = len(groups[after - 1].digits) <= 2
        length = sum(len(inner.digits) for inner in groups[at : after + 1])
        apart = _is_apart(group.gap)
        if apart or length > 13 or len(group.digits) > 2 or not (pairs or group.gap.strip()):
            break
        after += 1
    return after


def _unmarked(groups: list[_Group], at: int, windows: list[tuple[int, str]]) -> int | None:
    """Numbers without + or 0: a mobile number as chat apps show it, and 555-123-4567."""
    end = windows[-1][0]
    if [len(group.digits) for group in groups[at:end][:3]] == [3, 3, 4]:
        return at + 3
    return next((after for after, digits in windows if _WITHOUT_PREFIX.fullmatch(digits)), None)


def _is_date(groups: list[_Group], at: int) -> bool:
    written = groups[at : at + 3]
    if len(written) < 3 or written[1].gap not in "-./" or written[1].gap != written[2].gap:
        return False
    if len(groups) > at + 3 and groups[at + 3].gap == written[1].gap:
        return False
    if len(written[0].digits) == 4:
        written.reverse()
    day, month, year = (int(group.digits) for group in written)
    return 1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year < 2100
