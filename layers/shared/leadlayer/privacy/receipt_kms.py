"""Signs receipts with an Ed25519 key that never leaves KMS."""

import threading
from collections.abc import Callable
from typing import Any

from leadlayer.privacy.receipt import from_spki

# `RAW`: the form in which KMS signs as RFC 8032 says, without hashing first (KMS developer guide,
# "Key spec reference").
_HOW = {"SigningAlgorithm": "ED25519_SHA_512", "MessageType": "RAW"}


class KmsSigner:
    def __init__(self, key_id: str, client: Callable[[], Any]) -> None:
        """`client` makes a KMS client, such as `core.vault.kms_client`; asked at the first use."""
        self._key_id = key_id
        self._make_client = client
        self._made: Any = None
        self._key: bytes | None = None
        self._making = threading.Lock()

    @property
    def public_key(self) -> bytes:
        """Of 32 bytes. Raises NotAReceipt for a key of another kind."""
        if self._key is None:
            answer = self._client.get_public_key(KeyId=self._key_id)
            self._key = from_spki(answer["PublicKey"])
        return self._key

    def sign(self, message: bytes) -> bytes:
        return self._client.sign(KeyId=self._key_id, Message=message, **_HOW)["Signature"]

    @property
    def _client(self) -> Any:
        with self._making:
            if self._made is None:
                self._made = self._make_client()
        return self._made
