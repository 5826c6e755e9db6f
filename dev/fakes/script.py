"""Decides what the stand-in model says: a shop's assistant that also takes down contact details."""

import re
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Language = str

QUESTION_SHOWN = "consent_question_shown"
LEAD_STORED = "lead_stored"
PLACEHOLDER = re.compile(r"\[(EMAIL|PHONE)_\d+\]")
AGREES = re.compile(r"^\W*(ja|yes|jawohl|akkoord|agreed|gerne?)\b", re.IGNORECASE)
WORDS = {
    "nl": re.compile(
        r"\b(het|een|wat|hoe|zijn|mijn|jullie|kunt|graag|ik|hallo|kost|ja)\b", re.IGNORECASE
    ),
    "de": re.compile(
        r"\b(ich|ist|sind|wie|haben|und|bitte|meine|gerne|kostet|jawohl)\b", re.IGNORECASE
    ),
}
SAYS: dict[str, dict[Language, str]] = {
    "open": {
        "nl": "De werkplaats is open van woensdag tot en met zaterdag, van 10:00 tot 17:00 uur.",
        "en": "The workshop is open from Wednesday to Saturday, from 10:00 to 17:00.",
        "de": "Die Werkstatt ist von Mittwoch bis Samstag von 10:00 bis 17:00 Uhr geöffnet.",
    },
    "delivery": {
        "nl": "We versturen elke donderdag; binnen Nederland is een pakket er in twee dagen.",
        "en": "We send parcels every Thursday; within the Netherlands they take two days.",
        "de": "Wir versenden jeden Donnerstag; nach Deutschland dauert es vier Tage.",
    },
    "price": {
        "nl": "Kom no. 3 kost 34 euro, vaas no. 8 kost 58 euro en mok no. 1 kost 22 euro.",
        "en": "Bowl no. 3 costs 34 euros, vase no. 8 costs 58 euros and mug no. 1 costs 22 euros.",
        "de": "Schale Nr. 3 kostet 34 Euro, Vase Nr. 8 kostet 58 Euro, Becher Nr. 1 22 Euro.",
    },
    "anything": {
        "nl": "Goede vraag! Laat uw e-mailadres achter, dan antwoordt de pottenbakker zelf.",
        "en": "Good question! Leave your e-mail address and the potter will answer in person.",
        "de": "Gute Frage! Mit Ihrer E-Mail-Adresse antwortet Ihnen die Töpferin persönlich.",
    },
    QUESTION_SHOWN: {
        "nl": "Zodra u akkoord geeft, geef ik uw gegevens door.",
        "en": "As soon as you agree, I will pass on your details.",
        "de": "Sobald Sie zustimmen, gebe ich Ihre Daten weiter.",
    },
    LEAD_STORED: {
        "nl": "Dank u wel! U hoort snel van ons.",
        "en": "Thank you! You will hear from us soon.",
        "de": "Vielen Dank! Sie hören bald von uns.",
    },
}
TOPICS = {
    "open": re.compile(
        r"\b(open|openingstijden|opening|hours|geöffnet|öffnungszeiten)\b", re.IGNORECASE
    ),
    "delivery": re.compile(
        r"\b(bezorgen|verzenden|versturen|deliver|delivery|ship|liefern|versand)\b", re.IGNORECASE
    ),
    "price": re.compile(
        r"\b(prijs|kost|kosten|price|cost|costs|much|preis|kostet)\b", re.IGNORECASE
    ),
}


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class UseTool:
    name: str
    input: dict[str, Any]


def reply(messages: list[Message], tools: list[str]) -> Say | UseTool:
    """What comes next in a conversation; the same messages always get the same reply."""
    result = _tool_result(messages[-1])
    language = _language(messages)
    if result is not None:
        key = LEAD_STORED if result.startswith(LEAD_STORED) else QUESTION_SHOWN
        return Say(SAYS[key][language])
    said = newest(messages)
    if "capture_lead" in tools:
        if PLACEHOLDER.search(said):
            return UseTool("capture_lead", _details(messages, consent_given=False))
        if AGREES.match(said) and _consent_was_asked(messages):
            return UseTool("capture_lead", _details(messages, consent_given=True))
    topic = next((name for name, words in TOPICS.items() if words.search(said)), "anything")
    return Say(SAYS[topic][language])


def text_of(message: Message) -> str:
    content = message.get("content", "")
    if isinstance(content, str):
        return content
    return " ".join(block.get("text", "") for block in content if block.get("type") == "text")


def newest(messages: list[Message]) -> str:
    """What the visitor said last: a message that got no answer stands in front of the next one."""
    return text_of(messages[-1]).rpartition("\n\n")[2]


def _tool_result(message: Message) -> str | None:
    content = message.get("content")
    if not isinstance(content, list):
        return None
    for block in content:
        if block.get("type") == "tool_result":
            inner = block.get("content", "")
            return inner if isinstance(inner, str) else text_of({"content": inner})
    return None


def _language(messages: list[Message]) -> Language:
    """Of what the visitor wrote; English, the shop's own, when that says too little."""
    said = " ".join(text_of(m) for m in messages if m["role"] == "user")
    hits = {language: len(words.findall(said)) for language, words in WORDS.items()}
    best = max(hits, key=lambda language: hits[language])
    return best if hits[best] else "en"


def _consent_was_asked(messages: list[Message]) -> bool:
    """Whether the last question of the conversation was the one for consent.

    Tool results of earlier turns may have been left out of the history, so the closing sentence
    that this script said after the question counts as well.
    """
    closing = SAYS[QUESTION_SHOWN].values()
    return any(
        (_tool_result(message) or "").startswith(QUESTION_SHOWN)
        or any(sentence in text_of(message) for sentence in closing)
        for message in messages
    )


def _details(messages: list[Message], *, consent_given: bool) -> dict[str, Any]:
    said = " ".join(text_of(m) for m in messages if m["role"] == "user")
    details: dict[str, Any] = {"consent_given": consent_given}
    for match in PLACEHOLDER.finditer(said):
        details[match.group(1).lower()] = match.group(0)  # the last one that was given counts
    return details
