"""What is sealed for one account and kind opens for these alone; KMS is moto's here."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from leadlayer.core.vault import CannotOpen, Vault
from tests.world import REGION

SECRET = "whsec_canary7f3a9"
MINE = {"account_id": "a_demo", "kind": "webhook_secret"}


@dataclass
class Kms:
    client: Any
    key_id: str

    @property
    def vault(self) -> Vault:
        return Vault(self.key_id, lambda: self.client)


@pytest.fixture(scope="module")
def kms() -> Iterator[Kms]:
    with mock_aws():
        client = boto3.client("kms", region_name=REGION)
        yield Kms(client, client.create_key()["KeyMetadata"]["KeyId"])


def opens(vault: Vault, sealed: str, **context: str) -> bool:
    try:
        return vault.open(sealed, **context) == SECRET
    except CannotOpen:
        return False


def test_what_was_sealed_is_read_again_and_is_text_that_shows_nothing_of_it(kms: Kms):
    sealed = kms.vault.seal(SECRET, **MINE)

    assert kms.vault.open(sealed, **MINE) == SECRET
    assert sealed.isascii()
    for form in (SECRET, base64.b64encode(SECRET.encode()).decode().rstrip("="), SECRET[::-1]):
        assert form not in sealed


@pytest.mark.parametrize(
    "context",
    [
        {"account_id": "a_other", "kind": "webhook_secret"},
        {"account_id": "a_demo", "kind": "password"},
        {"account_id": "webhook_secret", "kind": "a_demo"},
        {"account_id": "", "kind": ""},
    ],
)
def test_another_account_or_kind_cannot_open_it(kms: Kms, context: dict[str, str]):
    assert not opens(kms.vault, kms.vault.seal(SECRET, **MINE), **context)


class Careless(Vault):
    """Seals for everybody: what the test above has to notice."""

    def seal(self, text: str, *, account_id: str, kind: str) -> str:
        return super().seal(text, account_id="", kind="")

    def open(self, sealed: str, *, account_id: str, kind: str) -> str:
        return super().open(sealed, account_id="", kind="")


def test_twin_a_vault_without_a_context_is_caught(kms: Kms):
    careless = Careless(kms.key_id, lambda: kms.client)

    assert opens(careless, careless.seal(SECRET, **MINE), account_id="a_other", kind="password")


def test_what_was_changed_or_cut_does_not_open(kms: Kms):
    raw = base64.b64decode(kms.vault.seal(SECRET, **MINE))
    for broken in (raw[:-1], raw[:-1] + bytes([raw[-1] ^ 1]), b""):
        assert not opens_or_fails(kms.vault, base64.b64encode(broken).decode())
    assert not opens(kms.vault, "not base64!", **MINE)


def opens_or_fails(vault: Vault, sealed: str) -> bool:
    """moto ends with other errors than KMS for texts that are no ciphertext at all."""
    try:
        return opens(vault, sealed, **MINE)
    except Exception:  # noqa: BLE001  # any is a refusal
        return False


def test_what_another_key_sealed_does_not_open(kms: Kms):
    other = Vault(kms.client.create_key()["KeyMetadata"]["KeyId"], lambda: kms.client)

    class OneKey:
        """moto takes any of its keys to decrypt; KMS refuses one that is not the named."""

        def decrypt(self, **call: Any) -> Any:
            assert call["KeyId"] == kms.key_id
            raise ClientError({"Error": {"Code": "IncorrectKeyException"}}, "Decrypt")

    assert not opens(Vault(kms.key_id, OneKey), other.seal(SECRET, **MINE), **MINE)


def test_an_outage_is_not_taken_for_a_foreign_secret():
    class Down:
        def decrypt(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Decrypt")

    with pytest.raises(ClientError):
        Vault("k", Down).open("c2VhbGVk", **MINE)


def test_the_client_is_made_at_the_first_use_and_once():
    made: list[str] = []

    class Client:
        def encrypt(self, **call: Any) -> Any:
            assert call["EncryptionContext"] == {"account": "a_demo", "kind": "webhook_secret"}
            return {"CiphertextBlob": b"x"}

    def make() -> Client:
        made.append("client")
        return Client()

    vault = Vault("k", make)
    assert made == []
    assert [vault.seal("t", **MINE) for _ in range(2)] == ["eA=="] * 2
    assert made == ["client"]
