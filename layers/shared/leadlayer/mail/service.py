"""Sends what stands in the outbox: at least once to the sender, at most once to each person."""

from collections.abc import Callable, Sequence
from typing import Protocol

from leadlayer.core import log
from leadlayer.mail.model import Mail, Recipient
from leadlayer.mail.texts import letter


class Outbox(Protocol):
    def find(self, mail_id: str) -> Mail | None: ...
    def mark_sent_to(self, mail: Mail, recipient_id: str) -> None: ...
    def mark_sent(self, mail: Mail) -> None: ...


class Send(Protocol):
    def __call__(self, *, to: str, subject: str, text: str, idempotency_key: str) -> None: ...


def deliver(
    mail_id: str,
    *,
    outbox: Outbox,
    recipients: Callable[[str], Sequence[Recipient]],
    site_name: Callable[[str], str | None],
    send: Send,
    console_url: str,
) -> bool:
    """Send one mail to everybody who still has to get it; False when nobody had to.

    Raises what `send` raises; then the mail stays pending and the next try goes on where this
    one stopped. The provider's idempotency key covers a crash between sending and marking.
    """
    mail = outbox.find(mail_id)
    if mail is None or mail.is_sent:
        return False
    name = site_name(mail.site_id)
    waiting: Sequence[Recipient] = () if name is None else recipients(mail.account_id)
    failures: list[Exception] = []
    for person in waiting:
        if person.id in mail.sent_to:
            continue
        try:
            _send_to(person, mail, site=str(name), outbox=outbox, send=send, console=console_url)
        except Exception as error:  # noqa: BLE001  # raised below
            # One address that bounces must not keep the news from everybody listed after it.
            failures.append(error)
    if failures:
        raise failures[0]
    outbox.mark_sent(mail)
    if not waiting:
        log.event("mail_without_recipient", level="warning", mail=mail.id)
    return bool(waiting)


def _send_to(
    person: Recipient, mail: Mail, *, site: str, outbox: Outbox, send: Send, console: str
) -> None:
    link = f"{console}/#/sites/{mail.site_id}/leads/{mail.lead_id}"
    words = letter(mail.kind, language=person.language, site=site, link=link)
    key = f"{mail.id}/{person.id}"
    send(to=person.email, subject=words.subject, text=words.text, idempotency_key=key)
    outbox.mark_sent_to(mail, person.id)
