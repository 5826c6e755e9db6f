"""What people are told about their requests; no answer exists without authority and court (P12).

An `Answer` cannot be made in any other way than from words that name both: its constructor looks
for them in the finished text, so that a mistake in any template, in any language, stops the answer.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from leadlayer.core.crypto import text_hash
from leadlayer.core.policy import policy
from leadlayer.privacy.answers_words import (
    COMPLAINTS,
    COURTS,
    EXTENSION_REASONS,
    GROUNDS,
    RIGHTS,
    TEMPLATES,
    AnswerKind,
    ExtensionReason,
    Ground,
    Language,
    Right,
)

LANGUAGES: tuple[Language, ...] = ("nl", "en", "de")


class IncompleteAnswer(Exception):
    """A text without the authority, the court or one of its own facts: it may not be sent."""


@dataclass(frozen=True)
class Answer:
    """A text that may be sent. Raises IncompleteAnswer for one that may not."""

    kind: AnswerKind
    language: Language
    subject: str
    text: str
    ground: Ground | None = None

    def __post_init__(self) -> None:
        named = (policy().authority, policy().authority_url, COURTS[self.language])
        if not self.subject.strip() or not all(name in self.text for name in named):
            raise IncompleteAnswer

    @property
    def hash(self) -> str:
        """Evidence of what was sent; the text names nobody."""
        return text_hash(f"{self.subject}\n{self.text}")


@dataclass(frozen=True)
class Facts:
    """All that an answer may say: nothing of this can name a person."""

    request_id: str
    right: Right
    due: date
    ground: Ground | None = None
    reason: ExtensionReason | None = None
    earlier: str = ""


@dataclass(frozen=True)
class Wording:
    """The words that answers are made of. A test may give others."""

    templates: Mapping[AnswerKind, Mapping[Language, tuple[str, str]]]
    complaints: Mapping[Language, str]

    def render(self, kind: AnswerKind, language: str, facts: Facts) -> Answer:
        """English when there is no such language. Raises IncompleteAnswer."""
        chosen = spoken(language)
        subject, template = self.templates[kind][chosen]
        words = _words(kind, chosen, facts)
        words["complaint"] = self.complaints[chosen].format(
            authority=policy().authority, url=policy().authority_url, court=COURTS[chosen]
        )
        subject, text = _filled(subject, words), _filled(template, words)
        return Answer(kind, chosen, subject, text, facts.ground)


WORDING = Wording(TEMPLATES, COMPLAINTS)


def spoken(language: str) -> Language:
    """The language to answer in: English when it is none of ours."""
    for known in LANGUAGES:
        if known == language:
            return known
    return "en"


def _words(kind: AnswerKind, language: Language, facts: Facts) -> dict[str, str]:
    words = {
        "request": facts.request_id,
        "right": RIGHTS[language][facts.right],
        "due": facts.due.isoformat(),
    }
    if facts.ground is not None and kind in ("refusal", "partial"):
        words["ground"] = GROUNDS[language][facts.ground]
    if facts.reason is not None:
        words["reason"] = EXTENSION_REASONS[language][facts.reason]
    if facts.earlier:
        words["earlier"] = facts.earlier
    return words


def _filled(template: str, words: Mapping[str, str]) -> str:
    """Raises IncompleteAnswer when a fact that the words speak of is not known, such as why."""
    needed = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    if needed - words.keys():
        raise IncompleteAnswer
    return template.format(**words)


__all__ = [
    "LANGUAGES",
    "WORDING",
    "Answer",
    "AnswerKind",
    "ExtensionReason",
    "Facts",
    "Ground",
    "IncompleteAnswer",
    "Language",
    "Right",
    "Wording",
    "spoken",
]
