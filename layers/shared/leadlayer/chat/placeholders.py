"""Decides what of a visitor's message the model may not read, and puts it back in the answer.

It lessens what leaves and is no promise of anonymity: names and streets in prose stay readable.
"""

import re
from collections.abc import Callable, Iterator

from leadlayer.chat.numbers import Span, numbers_in

KINDS: tuple[str, ...] = ("TEXT", "SECRET", "EMAIL", "IBAN", "CARD", "BSN", "PHONE")
# Only what a visitor may leave as a contact detail can become part of a lead.
CONTACT_KINDS = ("EMAIL", "PHONE")

_PLACEHOLDER = re.compile(rf"\[({'|'.join(KINDS)})_([0-9]{{1,6}})\]")
# Wider than what `show` restores: a model asked to "write that in capitals" must not be able to
# turn something the visitor typed into a placeholder.
_LOOKALIKE = re.compile(
    rf"\[\s{{0,3}}(?:{'|'.join(KINDS)})[\s_-]{{0,3}}\d++\s{{0,3}}\]", re.IGNORECASE
)

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?:.*?-----END [A-Z0-9 ]{1,40}-----|.*)", re.DOTALL
)
# The prefixes by which GitHub, AWS, Stripe, Slack, Google, GitLab, Resend and the model
# providers mark their own keys, so that scanners recognise them.
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{12,}|(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{8,}"
    r"|re_[A-Za-z0-9_]{16,}|gh[opsur]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}"
    r"|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,})"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{4,}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+)?"
)
_QUOTED_OR_WORD = r"(\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|\S++)"
_PASSWORD = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|wachtwoord|mot de passe)"
    rf"[\"']?\s{{0,3}}[:=]\s{{0,3}}{_QUOTED_OR_WORD}",
    re.IGNORECASE,
)
# After "is", and after words that also open an ordinary sentence, only what holds a digit.
_PASSWORD_WITH_DIGIT = re.compile(
    r"(?:(?:password|passphrase|passwort|kennwort|wachtwoord|pincode) (?:is|ist|lautet)[: ] {0,2}"
    r"|(?:api[ _-]?key|api[ _-]?sleutel|access[ _-]?key|secret|token|bearer|pin(?:[ -]?code)?)"
    r"[\"']?\s{0,3}(?:[:=]|(?<=bearer))\s{0,3})"
    rf"(?=[^\s\d]*+\d){_QUOTED_OR_WORD}",
    re.IGNORECASE,
)
_AFTER_VALUE = ".,;:)]}»”"
_MASK = "•" * 8

_AT = r"@\uff20\ufe6b"
_DOT = r".\u3002\uff0e"
_NOT_IN_EMAIL = rf"\s{_AT}<>()\[\]{{}},;:\"\u201c\u201d\u201e«»=|/\\"
_LABEL = rf"[^{_NOT_IN_EMAIL}{_DOT}!?&#%*+'…]++"
_EMAIL = re.compile(
    rf"(?:\"[^\"\r\n]{{1,64}}\"|(?<![^{_NOT_IN_EMAIL}])[^{_NOT_IN_EMAIL}]++)"
    rf"(?:[{_AT}]|\s?[(\[{{]at[)\]}}]\s?){_LABEL}(?:[{_DOT}]{_LABEL})++",
    re.IGNORECASE,
)
_AROUND_EMAIL = "'\u2018\u2019`\u00b4.-\u2013\u2014_*~!?…"

_IBAN = re.compile(r"[A-Z]{2}[ .-]?\d{2}(?:[ .\u00a0-]?[A-Z0-9]){11,30}", re.ASCII | re.IGNORECASE)
# Lengths: SWIFT's IBAN registry, for the countries in which visitors of EU sites bank.
_IBAN_LENGTHS = {
    code: int(length)
    for code, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FO18 "
        "FR27 GB22 GE22 GI23 GL18 GR27 HR21 HU28 IE22 IL23 IS26 IT27 LB28 LI21 LT20 LU20 LV21 MA28 "
        "MC27 MD24 ME22 MK19 MT31 NL18 NO15 PK24 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TN24 "
        "TR26 UA29 XK20",
    )
}


class Placeholders:
    """What one answer keeps from the model: placeholder → the text shown in its place. Made anew
    from the history each time, in order, so that a value keeps its placeholder; never stored.

    Cards and secrets are kept masked only: nobody needs them back, and what is not kept cannot
    leak. So storing `show(hide(message))` as the message keeps them out of the conversation too.
    """

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}
        self._by_value: dict[tuple[str, str], str] = {}
        self._counts = dict.fromkeys(KINDS, 0)

    def hide(self, text: str) -> str:
        """Replace personal data and secrets; the same value always gets the same placeholder."""
        # Literal text at even places, placeholders at odd ones. Every finder sees only what the
        # more specific ones before it left, so that overlaps are settled by this order.
        parts = [text]
        for find in (_lookalikes, _secrets, _emails, _ibans, numbers_in):
            parts = [
                piece
                for place, part in enumerate(parts)
                for piece in ([part] if place % 2 else self._split(part, find))
            ]
        return "".join(parts)

    def show(self, text: str) -> str:
        """Put back what this conversation holds; any other placeholder stays as it is."""
        return _PLACEHOLDER.sub(lambda match: self._shown.get(match[0], match[0]), text)

    def stream(self) -> "Stream":
        """Return a `show` for text that arrives in chunks."""
        return Stream(self)

    def value_of(self, placeholder: str) -> str | None:
        """Return the contact detail behind a placeholder; nothing else may become a lead."""
        match = _PLACEHOLDER.fullmatch(placeholder)
        return self._shown.get(placeholder) if match and match[1] in CONTACT_KINDS else None

    def may_begin(self, text: str) -> bool:
        """Say whether the text is the beginning of a placeholder that this conversation holds."""
        return any(placeholder.startswith(text) for placeholder in self._shown)

    def _split(self, text: str, find: Callable[[str], Iterator[Span]]) -> list[str]:
        pieces: list[str] = []
        at = 0
        for start, end, kind in find(text):
            pieces += [text[at:start], self._placeholder(kind, text[start:end])]
            at = end
        return [*pieces, text[at:]]

    def _placeholder(self, kind: str, value: str) -> str:
        if known := self._by_value.get((kind, value)):
            return known
        self._counts[kind] += 1
        placeholder = f"[{kind}_{self._counts[kind]}]"
        self._by_value[kind, value] = placeholder
        self._shown[placeholder] = _shown(kind, value)
        return placeholder


class Stream:
    """Shows placeholders in text that arrives in chunks cut anywhere."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Return what can be shown by now; less than one placeholder's length is held back."""
        text = self._held + chunk
        # No placeholder holds a second bracket, so only the last one can be unfinished.
        begin = text.rfind("[")
        waits = begin >= 0 and not text.endswith("]") and self._placeholders.may_begin(text[begin:])
        ready = begin if waits else len(text)
        self._held = text[ready:]
        return self._placeholders.show(text[:ready])

    def end(self) -> str:
        """Return what was still held back."""
        rest, self._held = self._held, ""
        return self._placeholders.show(rest)


def _shown(kind: str, value: str) -> str:
    if kind == "CARD":
        return "•••• " + "".join(c for c in value if c.isdigit())[-4:]
    # Not even the end of a secret is shown: four characters may be most of a password.
    return _MASK if kind == "SECRET" else value


def _lookalikes(text: str) -> Iterator[Span]:
    """Find placeholders the visitor typed, so that they come back as typed and pull nothing out."""
    for match in _LOOKALIKE.finditer(text):
        yield *match.span(), "TEXT"


def _secrets(text: str) -> Iterator[Span]:
    found = [match.span() for pattern in (_PEM, _KEY) for match in pattern.finditer(text)]
    for pattern in (_PASSWORD, _PASSWORD_WITH_DIGIT):
        for match in pattern.finditer(text):
            value = match[1].rstrip(_AFTER_VALUE)
            if value.strip("•\"'"):
                found.append((match.start(1), match.start(1) + len(value)))
    at = 0
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if end > at:
            yield max(start, at), end, "SECRET"
            at = end


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        written = match[0]
        start = match.start() + len(written) - len(written.lstrip(_AROUND_EMAIL))
        end = match.start() + len(written.rstrip(_AROUND_EMAIL))
        yield start, end, "EMAIL"


def _ibans(text: str) -> Iterator[Span]:
    at = 0
    while match := _IBAN.search(text, at):
        length = _iban_length(match[0])
        at = match.start() + (length or 1)
        if length:
            yield match.start(), at, "IBAN"


def _iban_length(written: str) -> int | None:
    """Return how many of the characters are an IBAN: what follows it may look like part of it."""
    ends = [index + 1 for index, character in enumerate(written) if character.isalnum()]
    length = _IBAN_LENGTHS.get(written[:2].upper(), len(ends) + 1)
    fits = length <= len(ends) and _is_iban(written[: ends[length - 1]])
    return ends[length - 1] if fits else None


def _is_iban(written: str) -> bool:
    compact = "".join(character for character in written if character.isalnum()).upper()
    # A sentence can start like an IBAN ("de 12 …") but holds fewer digits than any account.
    if sum(character.isdigit() for character in compact) < 8:
        return False
    # ISO 7064, mod 97-10: letters count as 10 to 35, the first four characters move to the end.
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def without_secrets(text: str) -> str:
    """The text as it may be stored: card numbers and secrets masked, everything else as typed."""
    placeholders = Placeholders()
    return placeholders.show(placeholders.hide(text))
