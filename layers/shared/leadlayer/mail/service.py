"""Sends what stands in the outbox: at least once to the sender, at most once to each person."""

from collections.abc import Callable, Sequence
from typing import Protocol

from leadlayer.core import log
from leadlayer.mail.model import Addressed


class Outgoing(Protocol):
    """What sending has to know of a mail, whatever it is about."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def sent_to(self) -> frozenset[str]: ...
    @property
    def is_sent(self) -> bool: ...


class Outbox[M: Outgoing](Protocol):
    def find(self, mail_id: str) -> M | None: ...
    def mark_sent_to(self, mail: M, recipient_id: str) -> None: ...
    def mark_sent(self, mail: M) -> None: ...


class Send(Protocol):
    def __call__(self, *, to: str, subject: str, text: str, idempotency_key: str) -> None: ...


def deliver[M: Outgoing](
    mail_id: str,
    *,
    outbox: Outbox[M],
    letters: Callable[[M], Sequence[Addressed]],
    send: Send,
) -> bool:
    """Send one mail to everybody who still has to get it; False when nobody had to.

    Raises what `send` raises; then the mail stays pending and the next try goes on where this
    one stopped. The provider's idempotency key covers a crash between sending and marking.
    """
    mail = outbox.find(mail_id)
    if mail is None or mail.is_sent:
        return False
    addressed = letters(mail)
    failures: list[Exception] = []
    for each in addressed:
        if each.to.id in mail.sent_to:
            continue
        try:
            _send_to(each, mail, outbox=outbox, send=send)
        except Exception as error:  # noqa: BLE001  # raised below
            # One address that bounces must not keep the news from everybody listed after it.
            failures.append(error)
    if failures:
        raise failures[0]
    outbox.mark_sent(mail)
    # A stranger who asks for a link is nothing to warn of, nor is a code that came too late.
    if not addressed and mail.kind not in ("sign_in", "sign_up", "request_code"):
        log.event("mail_without_recipient", level="warning", mail=mail.id)
    return bool(addressed)


def _send_to[M: Outgoing](each: Addressed, mail: M, *, outbox: Outbox[M], send: Send) -> None:
    key = f"{mail.id}/{each.to.id}"
    words = each.letter
    send(to=each.to.email, subject=words.subject, text=words.text, idempotency_key=key)
    outbox.mark_sent_to(mail, each.to.id)
