"""The only user of Resend's SDK: one mail, one idempotency key, a short timeout, no tracking."""

from collections.abc import Callable

import resend

from leadlayer.mail.service import Send

_TIMEOUT_S = 8


def resend_sender(
    *, api_key: Callable[[], str], base_url: str, sender: str, check_url: Callable[[str], None]
) -> Send:
    """A `send` for `mail.service`. `check_url` is the egress guard; it raises before a byte leaves.

    Resend keeps an idempotency key for 24 hours (resend.com/docs, idempotency keys).
    """
    resend.api_url = base_url
    resend.default_http_client = resend.RequestsClient(timeout=_TIMEOUT_S)

    def send(*, to: str, subject: str, text: str, idempotency_key: str) -> None:
        check_url(base_url)
        resend.api_key = api_key()
        resend.Emails.send(
            {"from": sender, "to": [to], "subject": subject, "text": text},
            {"idempotency_key": idempotency_key},
        )

    return send
