"""A receipt can be checked offline by anybody, and is refused when anything in it was changed."""

import base64
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlayer.privacy import receipt
from leadlayer.privacy.receipt import NotAReceipt, canonical, issue, pem_of, verified
from leadlayer.privacy.receipt_ed25519 import is_signature
from leadlayer.privacy.receipt_kms import KmsSigner
from leadlayer.privacy.requests_model import Contact, Handling, Request
from tests.fakes.requests import EMAIL, SIGNER, SignerInMemory

CLOSED = datetime(2026, 11, 23, 10, tzinfo=UTC)
REQUEST = Request(
    id="01REQUEST",
    account_id="a_demo",
    person="end_user",
    right="erasure",
    language="nl",
    received_at=CLOSED,
    due=date(2026, 12, 23),
    legal=date(2026, 12, 23),
    requester="keyed-hash-of-the-requester",
    state="fulfilled",
    contact=Contact(email=EMAIL),
    handled={
        "lead": Handling(2),
        "note": Handling(0, "legal_obligation", date(2033, 12, 31)),
    },
    told=frozenset({"stripe", "customer_webhook"}),
)
TEXT = issue(REQUEST, closed_at=CLOSED, signer=SIGNER)
KEY = SIGNER.public_key
# RFC 8032, section 7.1: tests 1 to 3.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


def test_a_receipt_says_what_was_done_in_numbers_and_dates():
    said = verified(TEXT.encode(), KEY)

    assert said == {
        "version": 1,
        "request": "01REQUEST",
        "right": "erasure",
        "outcome": "fulfilled",
        "closed_at": "2026-11-23T10:00:00Z",
        "items": {"lead": 2, "note": 0},
        "systems": ["customer_webhook", "stripe"],
        "exemptions": [{"item": "note", "ground": "legal_obligation", "until": "2033-12-31"}],
        "residual_copies": [
            {"system": "backup", "until": "2026-11-30"},
            {"system": "model_provider", "until": "2026-12-23"},
        ],
        "key": receipt.key_id(KEY),
    }


def test_a_receipt_holds_nothing_of_the_person_not_even_their_keyed_hash():
    assert EMAIL not in TEXT
    assert REQUEST.requester not in TEXT
    assert "a_demo" not in TEXT


def test_what_was_not_erased_leaves_no_copies_to_tell_of():
    text = issue(replace(REQUEST, right="access"), closed_at=CLOSED, signer=SIGNER)

    assert verified(text.encode(), KEY)["residual_copies"] == []


def fields(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        document.items() if isinstance(document, dict)
        else enumerate(document) if isinstance(document, list)
        else ()
    )  # fmt: skip
    return [path, *(each for key, value in inner for each in fields(value, (*path, key)))]


@pytest.mark.parametrize("path", fields(json.loads(TEXT))[1:], ids=str)
def test_a_receipt_with_any_field_changed_is_refused(path: tuple[Any, ...]):
    envelope = json.loads(TEXT)
    holder = envelope
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = "something else"

    with pytest.raises(NotAReceipt):
        verified(canonical(envelope).encode(), KEY)


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_receipt_with_any_byte_changed_is_refused(place: int, difference: int):
    tampered = bytearray(TEXT.encode())
    tampered[place] ^= difference

    with pytest.raises(NotAReceipt):
        verified(bytes(tampered), KEY)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(max_examples=100)
def test_anything_else_is_no_receipt(text: bytes):
    with pytest.raises(NotAReceipt):
        verified(text, KEY)


@pytest.mark.parametrize(
    "text",
    [
        TEXT + "\n",
        " " + TEXT,
        json.dumps(json.loads(TEXT)),
        TEXT.replace('{"receipt"', '{"more":1,"receipt"'),
        '{"receipt":[],"signature":""}',
        '{"receipt":{},"signature":1}',
        "[" * 100_000,
        '["receipt","signature"]',
    ],
    ids=["newline", "space", "spaces", "more", "list", "number", "deep", "names"],
)
def test_another_spelling_of_a_receipt_is_refused(text: str):
    with pytest.raises(NotAReceipt):
        verified(text.encode(), KEY)


def test_a_receipt_of_another_key_is_refused():
    other = SignerInMemory(bytes(32))

    with pytest.raises(NotAReceipt):
        verified(issue(REQUEST, closed_at=CLOSED, signer=other).encode(), KEY)


def test_twin_a_receipt_whose_signature_is_not_looked_at_could_be_changed(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(receipt, "is_signature", lambda *_: True)
    tampered = TEXT.replace('"lead":2', '"lead":9')

    assert verified(tampered.encode(), KEY)["items"]["lead"] == 9


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_standards_own_signatures_are_right(key: str, message: str, signature: str):
    parts = [bytes.fromhex(each) for each in (key, message, signature)]

    assert is_signature(*parts)
    assert not is_signature(parts[0], parts[1] + b"!", parts[2])


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
@settings(max_examples=60, deadline=None)
def test_a_second_implementation_agrees_on_right_and_wrong(seed: bytes, message: bytes, bit: int):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8

    assert is_signature(key, message, signature)
    assert not is_signature(key, message, bytes(changed))
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(key).verify(bytes(changed), message)


def test_a_second_signature_made_of_the_first_is_refused():
    order = 2**252 + 27742317777372353535851937790883648493
    signature = SIGNER.sign(b"message")
    beyond = int.from_bytes(signature[32:], "little") + order

    assert not is_signature(KEY, b"message", signature[:32] + beyond.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_or_signature_of_another_length_is_refused(length: int):
    assert not is_signature(bytes(length), b"", bytes(64))
    assert not is_signature(KEY, b"", bytes(length))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "leadlayer.privacy.receipt", *map(str, arguments)]
    layer = Path(receipt.__file__).parents[2]
    return subprocess.run(
        command, env={"PYTHONPATH": str(layer)}, capture_output=True, text=True, check=False
    )


def test_the_command_line_checks_a_receipt_offline(tmp_path: Path):
    file, key = tmp_path / "receipt.json", tmp_path / "key.pem"
    file.write_text(TEXT)
    key.write_text(pem_of(KEY))

    right = run("verify", file, "--key", key)
    assert (right.returncode, right.stdout.splitlines()[0]) == (0, "VALID")
    file.write_text(TEXT.replace('"lead":2', '"lead":0'))
    wrong = run("verify", file, "--key", key)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("NOT VALID")


@pytest.mark.parametrize("missing", ["file", "key"])
def test_the_command_line_refuses_what_is_not_there_or_no_key(tmp_path: Path, missing: str):
    file, key = tmp_path / "receipt.json", tmp_path / "key.pem"
    file.write_text(TEXT if missing != "file" else "")
    key.write_text(pem_of(KEY) if missing != "key" else "-----BEGIN PUBLIC KEY-----\nAAAA\n")

    assert receipt.main(["verify", str(file), "--key", str(key)]) == 1
    assert receipt.main(["verify", str(tmp_path / "none"), "--key", str(key)]) == 1


def test_the_published_key_is_the_standard_form():
    loaded = Ed25519PublicKey.from_public_bytes(KEY)
    standard = loaded.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    assert pem_of(KEY) == standard
    assert receipt.public_key_of(standard) == KEY


class FakeKms:
    """Answers as KMS does for an Ed25519 key (API reference, GetPublicKey and Sign)."""

    calls: list[dict[str, Any]]

    def __init__(self) -> None:
        self.calls = []

    def get_public_key(self, **given: Any) -> dict[str, Any]:
        self.calls.append(given)
        pem = pem_of(KEY).splitlines()[1]
        return {"PublicKey": base64.b64decode(pem)}

    def sign(self, **given: Any) -> dict[str, Any]:
        self.calls.append(given)
        assert len(given["Message"]) <= 4096
        return {"Signature": SIGNER.sign(given["Message"])}


def test_a_key_in_kms_signs_what_can_be_checked_without_kms():
    kms = FakeKms()
    signer = KmsSigner("alias/receipts", lambda: kms)
    many = replace(REQUEST, handled={f"kind_{n}": Handling(n) for n in range(500)})

    for _ in range(2):
        text = issue(many, closed_at=CLOSED, signer=signer)
        assert verified(text.encode(), KEY)["items"]["kind_499"] == 499
    signed = {key: kms.calls[1][key] for key in ("KeyId", "SigningAlgorithm", "MessageType")}
    assert signed == {
        "KeyId": "alias/receipts", "SigningAlgorithm": "ED25519_SHA_512", "MessageType": "RAW",
    }  # fmt: skip
    # The key is asked for once.
    assert len(kms.calls) == 3
