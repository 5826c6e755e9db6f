"""The words of answers, extensions and refusals in three languages; nothing in them names anybody.

`{complaint}` stands for the paragraph on the authority and the court, which every text must have.
"""

from collections.abc import Mapping
from typing import Literal

Language = Literal["nl", "en", "de"]
Right = Literal[
    "access", "rectification", "erasure", "restriction", "portability", "objection",
    "consent_withdrawal",
]  # fmt: skip
AnswerKind = Literal[
    "answer", "extension", "refusal", "partial", "final", "duplicate", "unanswered"
]
ExtensionReason = Literal["complex", "many"]
Ground = Literal[
    "not_verified", "cannot_identify", "unfounded", "excessive", "rights_of_others",
    "legal_obligation", "legal_claims", "expression", "no_such_right",
]  # fmt: skip

# The way to the court (GDPR art. 79), in words that every finished text has to contain.
COURTS: Mapping[Language, str] = {
    "nl": "de rechter, bijvoorbeeld met een verzoekschrift bij de rechtbank",
    "en": "the court, for example with a petition to the district court",
    "de": "das zuständige Gericht",
}

COMPLAINTS: Mapping[Language, str] = {
    "nl": (
        "Bent u het hier niet mee eens? U kunt een klacht indienen bij de {authority} ({url}), "
        "of bij de toezichthouder van het land waar u woont of werkt. U kunt ook naar {court}."
    ),
    "en": (
        "If you disagree, you can complain to the {authority} ({url}), or to the supervisory "
        "authority of the country where you live or work. You can also turn to {court}."
    ),
    "de": (
        "Sind Sie nicht einverstanden? Sie können sich bei der {authority} ({url}) beschweren, "
        "oder bei der Aufsichtsbehörde des Landes, in dem Sie wohnen oder arbeiten. "
        "Sie können sich auch an {court} wenden."
    ),
}

RIGHTS: Mapping[Language, Mapping[Right, str]] = {
    "nl": {
        "access": "inzage in uw gegevens",
        "rectification": "rectificatie van uw gegevens",
        "erasure": "verwijdering van uw gegevens",
        "restriction": "beperking van het gebruik van uw gegevens",
        "portability": "overdracht van uw gegevens",
        "objection": "bezwaar tegen het gebruik van uw gegevens",
        "consent_withdrawal": "intrekking van uw toestemming",
    },
    "en": {
        "access": "access to your data",
        "rectification": "rectification of your data",
        "erasure": "erasure of your data",
        "restriction": "restriction of the use of your data",
        "portability": "portability of your data",
        "objection": "objection to the use of your data",
        "consent_withdrawal": "withdrawal of your consent",
    },
    "de": {
        "access": "Auskunft über Ihre Daten",
        "rectification": "Berichtigung Ihrer Daten",
        "erasure": "Löschung Ihrer Daten",
        "restriction": "Einschränkung der Verarbeitung Ihrer Daten",
        "portability": "Übertragung Ihrer Daten",
        "objection": "Widerspruch gegen die Verarbeitung Ihrer Daten",
        "consent_withdrawal": "Widerruf Ihrer Einwilligung",
    },
}

EXTENSION_REASONS: Mapping[Language, Mapping[ExtensionReason, str]] = {
    "nl": {
        "complex": "het verzoek is ingewikkeld",
        "many": "u heeft meerdere verzoeken gedaan",
    },
    "en": {"complex": "the request is complex", "many": "you have made several requests"},
    "de": {
        "complex": "die Anfrage ist komplex",
        "many": "Sie haben mehrere Anfragen gestellt",
    },
}

GROUNDS: Mapping[Language, Mapping[Ground, str]] = {
    "nl": {
        "not_verified": "wij konden niet vaststellen dat het verzoek van u komt",
        "cannot_identify": "wij kunnen niet nagaan welke gegevens van u zijn",
        "unfounded": "het verzoek is kennelijk ongegrond",
        "excessive": "het verzoek is buitensporig",
        "rights_of_others": "het zou de rechten van anderen schaden",
        "legal_obligation": "de wet verplicht ons de gegevens te bewaren",
        "legal_claims": "de gegevens zijn nodig voor een rechtsvordering",
        "expression": "de vrijheid van meningsuiting en informatie gaat hier voor",
        "no_such_right": "dit recht geldt niet voor deze verwerking",
    },
    "en": {
        "not_verified": "we could not establish that the request comes from you",
        "cannot_identify": "we cannot tell which data are yours",
        "unfounded": "the request is manifestly unfounded",
        "excessive": "the request is excessive",
        "rights_of_others": "it would harm the rights of others",
        "legal_obligation": "the law obliges us to keep the data",
        "legal_claims": "the data are needed for a legal claim",
        "expression": "freedom of expression and information prevails here",
        "no_such_right": "this right does not apply to this processing",
    },
    "de": {
        "not_verified": "wir konnten nicht feststellen, dass die Anfrage von Ihnen kommt",
        "cannot_identify": "wir können nicht feststellen, welche Daten Ihre sind",
        "unfounded": "die Anfrage ist offenkundig unbegründet",
        "excessive": "die Anfrage ist exzessiv",
        "rights_of_others": "es würde die Rechte anderer beeinträchtigen",
        "legal_obligation": "das Gesetz verpflichtet uns, die Daten aufzubewahren",
        "legal_claims": "die Daten werden für einen Rechtsanspruch benötigt",
        "expression": "die Freiheit der Meinungsäußerung und Information geht hier vor",
        "no_such_right": "dieses Recht gilt für diese Verarbeitung nicht",
    },
}

_END = "\n\n{complaint}\n\n{request}\n"
TEMPLATES: Mapping[AnswerKind, Mapping[Language, tuple[str, str]]] = {
    "answer": {
        "nl": (
            "Uw verzoek: {right}",
            "Wij behandelen uw verzoek om {right}. U krijgt uiterlijk {due} antwoord." + _END,
        ),
        "en": (
            "Your request: {right}",
            "We are handling your request for {right}. You will have our answer by {due}." + _END,
        ),
        "de": (
            "Ihre Anfrage: {right}",
            "Wir bearbeiten Ihre Anfrage: {right}. Sie erhalten spätestens am {due} Antwort."
            + _END,
        ),
    },
    "extension": {
        "nl": (
            "Meer tijd voor uw verzoek: {right}",
            "Wij hebben meer tijd nodig, omdat {reason}. U krijgt uiterlijk {due} antwoord." + _END,
        ),
        "en": (
            "More time for your request: {right}",
            "We need more time, because {reason}. You will have our answer by {due}." + _END,
        ),
        "de": (
            "Mehr Zeit für Ihre Anfrage: {right}",
            "Wir brauchen mehr Zeit. Grund: {reason}. Sie erhalten spätestens am {due} Antwort."
            + _END,
        ),
    },
    "refusal": {
        "nl": (
            "Uw verzoek is afgewezen: {right}",
            "Wij voldoen niet aan uw verzoek om {right}. De reden: {ground}." + _END,
        ),
        "en": (
            "Your request was refused: {right}",
            "We do not comply with your request for {right}. The reason: {ground}." + _END,
        ),
        "de": (
            "Ihre Anfrage wurde abgelehnt: {right}",
            "Wir kommen Ihrer Anfrage nicht nach: {right}. Der Grund: {ground}." + _END,
        ),
    },
    "partial": {
        "nl": (
            "Uw verzoek is deels ingewilligd: {right}",
            "Aan uw verzoek om {right} voldoen wij voor een deel. De reden: {ground}." + _END,
        ),
        "en": (
            "Your request was granted in part: {right}",
            "We comply with your request for {right} in part. The reason: {ground}." + _END,
        ),
        "de": (
            "Ihrer Anfrage wurde teilweise entsprochen: {right}",
            "Wir kommen Ihrer Anfrage teilweise nach: {right}. Der Grund: {ground}." + _END,
        ),
    },
    "final": {
        "nl": ("Uw verzoek is uitgevoerd: {right}", "Uw verzoek om {right} is uitgevoerd." + _END),
        "en": (
            "Your request has been carried out: {right}",
            "Your request for {right} has been carried out." + _END,
        ),
        "de": (
            "Ihre Anfrage wurde ausgeführt: {right}",
            "Ihre Anfrage wurde ausgeführt: {right}." + _END,
        ),
    },
    "duplicate": {
        "nl": (
            "Uw verzoek loopt al: {right}",
            "U heeft dit verzoek al gedaan. Wij antwoorden op verzoek {earlier}." + _END,
        ),
        "en": (
            "Your request is already being handled: {right}",
            "You have made this request before. We answer request {earlier}." + _END,
        ),
        "de": (
            "Ihre Anfrage wird bereits bearbeitet: {right}",
            "Sie haben diese Anfrage bereits gestellt. Wir beantworten Anfrage {earlier}." + _END,
        ),
    },
    "unanswered": {
        "nl": (
            "Uw verzoek is vervallen: {right}",
            "Wij vroegen u te laten zien dat het verzoek om {right} van u komt, en kregen geen "
            "antwoord. U kunt altijd een nieuw verzoek doen." + _END,
        ),
        "en": (
            "Your request has lapsed: {right}",
            "We asked you to show that the request for {right} comes from you, and had no answer. "
            "You can always make a new request." + _END,
        ),
        "de": (
            "Ihre Anfrage ist verfallen: {right}",
            "Wir baten Sie um einen Nachweis, dass die Anfrage von Ihnen kommt ({right}), und "
            "erhielten keine Antwort. Sie können jederzeit eine neue Anfrage stellen." + _END,
        ),
    },
}  # fmt: skip
