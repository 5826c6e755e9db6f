"""The only user of Resend's SDK: one mail, one idempotency key, a short timeout, no tracking."""

from collections.abc import Callable, Mapping
from typing import Any, override

import requests
import resend

from leadlayer.mail.service import Send

_TIMEOUT_S = 8


class SameHostClient(resend.RequestsClient):
    """The SDK's own client follows redirects, which would carry a letter past the egress guard."""

    def __init__(self) -> None:
        super().__init__(timeout=_TIMEOUT_S)

    @override
    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: Any = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        if files is not None or data is not None:
            raise NotImplementedError  # our letters have no attachments
        answer = requests.request(
            method, url, headers=headers, json=json, timeout=_TIMEOUT_S, allow_redirects=False
        )
        if 300 <= answer.status_code < 400:
            # The SDK would take it for a success and the mail for sent.
            raise requests.exceptions.TooManyRedirects
        return answer.content, answer.status_code, answer.headers


def resend_sender(
    *, api_key: Callable[[], str], base_url: str, sender: str, check_url: Callable[[str], None]
) -> Send:
    """A `send` for `mail.service`. `check_url` is the egress guard; it raises before a byte leaves.

    Resend keeps an idempotency key for 24 hours (resend.com/docs, idempotency keys).
    """
    resend.api_url = base_url
    resend.default_http_client = SameHostClient()

    def send(*, to: str, subject: str, text: str, idempotency_key: str) -> None:
        check_url(base_url)
        resend.api_key = api_key()
        resend.Emails.send(
            {"from": sender, "to": [to], "subject": subject, "text": text},
            {"idempotency_key": idempotency_key},
        )

    return send
