"""Mails to whoever asked about their data: to the address they gave, in words that name nobody."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from leadlayer.core.crypto import Keyring
from leadlayer.mail.model import Addressed, Letter, Recipient
from leadlayer.privacy.answers import WORDING, AnswerKind, Facts, Language
from leadlayer.privacy.requests_mail import RequestMail
from leadlayer.privacy.requests_store import RequestStore

_CODES: Mapping[Language, Letter] = {
    "nl": Letter(
        "Uw code: {code}",
        "Uw code is {code}.\n\n"
        "Vul de code in waar u het verzoek deed. Zo weten we dat het verzoek van u komt.\n"
        "De code werkt 10 minuten en één keer.\n\n"
        "Geen verzoek gedaan? Dan hoeft u niets te doen: zonder de code gebeurt er niets.\n",
    ),
    "en": Letter(
        "Your code: {code}",
        "Your code is {code}.\n\n"
        "Enter it where you made the request. It tells us that the request is yours.\n"
        "It works for 10 minutes, once.\n\n"
        "If you made no request, there is nothing you need to do: without the code nothing "
        "happens.\n",
    ),
    "de": Letter(
        "Ihr Code: {code}",
        "Ihr Code ist {code}.\n\n"
        "Geben Sie ihn dort ein, wo Sie die Anfrage gestellt haben. So wissen wir, dass sie von "
        "Ihnen kommt.\nEr gilt 10 Minuten und ein Mal.\n\n"
        "Keine Anfrage gestellt? Dann brauchen Sie nichts zu tun: Ohne den Code geschieht "
        "nichts.\n",
    ),
}
# The one person that a mail about a request is for; in the outbox nothing else is known of them.
_REQUESTER = "requester"


class RequestPost:
    """Who gets a mail about a request and what it says, worked out when it is sent."""

    def __init__(self, *, requests: RequestStore, keyring: Callable[[], Keyring]) -> None:
        self._requests = requests
        self._keyring = keyring

    def letters(self, mail: RequestMail) -> list[Addressed]:
        """Nobody when what the mail is about is over. Raises IncompleteAnswer."""
        return self._code(mail) if mail.kind == "request_code" else _answer(mail)

    def _code(self, mail: RequestMail) -> list[Addressed]:
        """The code is worked out again each time, so that a mail sent twice is the same mail."""
        request = self._requests.find(mail.account_id, mail.request_id)
        if request is None or request.contact is None or request.state != "identity_pending":
            return []
        if (email := mail.address or request.contact.email) is None:
            return []
        code = self._keyring().one_time_code(request.id, mail.code_id)
        words = _CODES[request.language]
        letter = Letter(words.subject.format(code=code), words.text.format(code=code))
        return [Addressed(Recipient(_REQUESTER, email, request.language), letter)]


def answer_document(kind: AnswerKind, language: Language, facts: Facts) -> dict[str, Any]:
    """All that the text of an answer is made of; it names nobody."""
    return {
        "kind": kind,
        "language": language,
        "right": facts.right,
        "due": facts.due.isoformat(),
        "ground": facts.ground,
        "reason": facts.reason,
        "earlier": facts.earlier,
    }


def _answer(mail: RequestMail) -> list[Addressed]:
    if mail.answer is None or mail.address is None:
        return []
    said = mail.answer
    facts = Facts(
        mail.request_id,
        said["right"],
        date.fromisoformat(said["due"]),
        said["ground"],
        said["reason"],
        said["earlier"],
    )
    answer = WORDING.render(said["kind"], said["language"], facts)
    to = Recipient(_REQUESTER, mail.address, said["language"])
    return [Addressed(to, Letter(answer.subject, answer.text))]
