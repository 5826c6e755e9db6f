"""Keeps what must be read again, such as a webhook's secret: sealed by KMS for account and kind.

The encryption context is part of what KMS authenticates, so what was sealed for one account or
kind cannot be opened as another's, whoever moves it within the table (KMS developer guide,
"Encryption context"). Who seals has no right to open, and the other way round: the template's
roles see to that.
"""

import base64
import binascii
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

# For a key that the sealing does not fit or that is gone; not for throttling or an outage.
_REFUSALS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class CannotOpen(Exception):
    """Not sealed by this key for this account and kind, or changed since."""


class Vault:
    def __init__(self, key_id: str, client: Callable[[], Any]) -> None:
        """`client` makes a KMS client; it is asked once, at the first use."""
        self._key_id = key_id
        self._make_client = client
        self._made: Any = None
        self._making = threading.Lock()

    def seal(self, text: str, *, account_id: str, kind: str) -> str:
        """Text that only `open` with the same account and kind reads again. At most 4096 bytes go
        in (KMS API reference, Encrypt)."""
        answer = self._client.encrypt(
            KeyId=self._key_id,
            Plaintext=text.encode(),
            EncryptionContext={"account": account_id, "kind": kind},
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def open(self, sealed: str, *, account_id: str, kind: str) -> str:
        """Raises CannotOpen unless it was sealed for this account and kind."""
        try:
            # KeyId: without it KMS would open what any other key of the account has sealed.
            answer = self._client.decrypt(
                KeyId=self._key_id,
                CiphertextBlob=base64.b64decode(sealed, validate=True),
                EncryptionContext={"account": account_id, "kind": kind},
            )
        except binascii.Error:
            raise CannotOpen from None
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _REFUSALS:
                raise CannotOpen from None
            raise
        return answer["Plaintext"].decode()

    @property
    def _client(self) -> Any:
        # Deliveries are signed in threads, and boto3's default session makes clients in one only
        # (boto3 documentation, "Multithreading").
        with self._making:
            if self._made is None:
                self._made = self._make_client()
        return self._made


def kms_client(region: str) -> Any:
    """For `Vault`. A caller waits for it: short tries."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 3})
    return boto3.client("kms", region_name=region, config=limits)  # pyright: ignore[reportUnknownVariableType]  # partly untyped
