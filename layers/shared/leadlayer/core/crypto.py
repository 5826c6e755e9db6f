"""Keyed fingerprints and tokens. All keys are derived from one root key per deployment.

A plain hash of a phone number or an address can be reversed by trying all of them, so everything
that identifies a person is an HMAC-SHA-256 under a key that is not in the table.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from leadlayer.core.errors import Problem


@dataclass(frozen=True)
class Keyring:
    """Derives one key a purpose from the root key (as HKDF's expand step, RFC 5869, one block)."""

    root: bytes

    @classmethod
    def from_hex(cls, text: str) -> "Keyring":
        """Raises ValueError for a root key under 256 bits: a weak key must not start."""
        root = bytes.fromhex(text)
        if len(root) < 32:
            message = "the root key needs at least 64 hexadecimal characters"
            raise ValueError(message)
        return cls(root)

    def _key(self, *purpose: str) -> bytes:
        info = "\x1f".join(purpose).encode() + b"\x01"
        return hmac.digest(self.root, info, "sha256")

    def subject(self, account_id: str, identifier: str) -> str:
        """The index value of a normalised e-mail address or phone number at one customer."""
        return _text(hmac.digest(self._key("subject", account_id), identifier.encode(), "sha256"))

    def person(self, email: str) -> str:
        """The index value of a platform user's normalised e-mail address."""
        return _text(hmac.digest(self._key("person"), email.encode(), "sha256"))

    def link_token(self, mail_id: str) -> str:
        """The one-time token of a mail. Derived, so that a mail that is sent again is the same
        mail, and so that neither the table nor the outbox holds it."""
        return _text(hmac.digest(self._key("link"), mail_id.encode(), "sha256"))

    def cursor_tag(self, account_id: str, position: str) -> str:
        """Makes a list's cursor worthless to anybody else than who got it."""
        return _text(hmac.digest(self._key("cursor", account_id), position.encode(), "sha256"))

    def requester(self, account_id: str, identifier: str) -> str:
        """What a closed request still knows of who asked; of no use to find their data with."""
        return _text(hmac.digest(self._key("requester", account_id), identifier.encode(), "sha256"))

    def request_token(self, request_id: str) -> str:
        """Lets whoever made a request see how it goes. Derived, so no copy of it is stored."""
        return _text(hmac.digest(self._key("request"), request_id.encode(), "sha256"))

    def is_request_token(self, request_id: str, token: str) -> bool:
        return hmac.compare_digest(self.request_token(request_id).encode(), token.encode())

    def one_time_code(self, request_id: str, code_id: str) -> str:
        """Six digits. Derived, so that a mail that is sent again is the same mail, and so that
        neither the table nor the outbox holds it."""
        digest = hmac.digest(self._key("code", request_id), code_id.encode(), "sha256")
        return f"{int.from_bytes(digest) % 10**6:06}"

    def code_hash(self, request_id: str, code: str) -> str:
        """What is stored of a code. Keyed: a million codes are tried in a second."""
        return _text(hmac.digest(self._key("code-hash", request_id), code.encode(), "sha256"))

    def idempotency(self, site_id: str, key: str) -> str:
        return _text(hmac.digest(self._key("idempotency", site_id), key.encode(), "sha256"))

    def body(self, site_id: str, body: str) -> str:
        """Tells whether a retry carries the same body, without keeping the body."""
        return _text(hmac.digest(self._key("body", site_id), body.encode(), "sha256"))

    def conversation_token(self, site_id: str, conversation_id: str) -> str:
        """Proof that a visitor started this conversation. Derived, so no copy of it is stored."""
        return _text(
            hmac.digest(self._key("conversation", site_id), conversation_id.encode(), "sha256")
        )

    def is_conversation_token(self, site_id: str, conversation_id: str, token: str) -> bool:
        expected = self.conversation_token(site_id, conversation_id)
        return hmac.compare_digest(expected.encode(), token.encode())


def check_conversation_token(
    keyring: Keyring, site_id: str, conversation_id: str, token: str | None
) -> None:
    """Raises Problem 403 unless the token was given to whoever started this conversation."""
    if not keyring.is_conversation_token(site_id, conversation_id, token or ""):
        raise Problem(
            403, "invalid_conversation_token", "The token does not fit this conversation."
        )


def new_token() -> str:
    """256 random bits: too many to guess, so a plain hash of it may be stored."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a session, key or link: enough to recognise it, useless to sign in with."""
    return _text(hashlib.sha256(token.encode()).digest())


def text_hash(text: str) -> str:
    """Evidence of which public text somebody saw; not for anything personal."""
    return hashlib.sha256(text.encode()).hexdigest()


def salted(salt: bytes, *parts: str) -> str:
    return _text(hmac.digest(salt, "\x1f".join(parts).encode(), "sha256"))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
