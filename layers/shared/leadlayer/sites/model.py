"""A site: one website of a customer, what its widget shows, and whether it may collect anything."""

from dataclasses import dataclass, field
from typing import Literal

Language = Literal["nl", "en", "de"]
PixelMode = Literal["off", "exempt", "consent"]
LANGUAGES: tuple[Language, ...] = ("nl", "en", "de")
# It is read with every question, so its length is what an answer costs first of all.
MOST_KNOWLEDGE = 100_000
DEFAULT_MODEL = "claude-haiku-5-5"
# Quick and cheap first; what else a customer may pay for.
MODELS = (DEFAULT_MODEL, "claude-sonnet-5-5", "claude-opus-5-5")


@dataclass(frozen=True)
class LeadField:
    name: str
    required: bool = False


@dataclass(frozen=True)
class Consent:
    """The customer's own consent text. A change of a text is a new version."""

    texts: dict[str, str]
    version: str = "1"
    required: bool = True

    def text(self, language: str) -> str:
        return _in_language(self.texts, language)


@dataclass(frozen=True)
class KeptText:
    """A version of a consent text: what somebody agreed to can be looked up after it changed.
    `since` is empty for a text that was in use before versions were kept."""

    version: str
    texts: dict[str, str]
    since: str = ""


@dataclass(frozen=True)
class Limits:
    """What one site may cost its owner; counted per conversation and per UTC day."""

    turns_per_conversation: int = 40
    turns_per_day: int = 2_000
    tokens_per_day: int = 2_000_000
    answer_tokens: int = 700


@dataclass(frozen=True)
class Site:
    id: str
    account_id: str
    name: str
    origins: tuple[str, ...]
    privacy_notice_url: str = ""
    language: Language = "nl"
    languages: tuple[str, ...] = LANGUAGES
    country: str = "NL"
    greetings: dict[str, str] = field(default_factory=dict[str, str])
    knowledge: str = ""
    lead_fields: tuple[LeadField, ...] = (
        LeadField("name"),
        LeadField("email"),
        LeadField("phone"),
        LeadField("city"),
        LeadField("message"),
    )
    consent: Consent = field(default_factory=lambda: Consent({}, required=False))
    pixel_mode: PixelMode = "off"
    model: str = DEFAULT_MODEL
    limits: Limits = field(default_factory=Limits)
    # Customers may only shorten the policy's 24 months.
    retention_months: int | None = None
    state: Literal["active", "terminated"] = "active"
    # Counts changes, so that two people who change a site do not undo each other's work.
    revision: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for settings that no widget or lead could work with."""
        if not {self.language, *self.languages} <= set(LANGUAGES):
            message = f"languages have to be among {', '.join(LANGUAGES)}"
            raise ValueError(message)
        if self.retention_months is not None and self.retention_months < 1:
            message = "a lead has to be kept for a month at least"
            raise ValueError(message)
        if len(self.knowledge) > MOST_KNOWLEDGE:
            message = f"knowledge has to be {MOST_KNOWLEDGE} characters at most"
            raise ValueError(message)
        if self.consent.required and not self.consent.texts:
            message = "a required consent needs a text"
            raise ValueError(message)

    @property
    def collecting(self) -> bool:
        """Nothing is collected before the customer's own privacy notice can be shown (P22)."""
        return self.state == "active" and self.privacy_notice_url.startswith("https://")

    def greeting(self, language: str) -> str:
        return _in_language(self.greetings, language)

    def speaks(self, language: str | None) -> str:
        return language if language in self.languages and language else self.language


def _in_language(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
