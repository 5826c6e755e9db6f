"""Fingerprints: keyed, different for each customer and purpose, and never guessable without."""

import base64
import hashlib
import hmac
import itertools

import pytest

from leadlayer.core.crypto import Keyring, check_conversation_token, salted, text_hash
from leadlayer.core.errors import Problem

RING = Keyring(bytes(range(32)))
OTHER_RING = Keyring(bytes(range(1, 33)))
VALUE = "0123456789abcdef"


class OneKeyForAll(Keyring):
    """The planted fault: customers and purposes share a key."""

    def _key(self, *purpose: str) -> bytes:
        return self.root


def fingerprints(ring: Keyring) -> list[str]:
    """One value under every purpose, for two customers."""
    methods = (ring.subject, ring.idempotency, ring.body, ring.conversation_token)
    return [method(owner, VALUE) for method, owner in itertools.product(methods, ("a_1", "a_2"))]


def test_one_value_has_another_fingerprint_for_each_purpose_and_customer():
    assert len(set(fingerprints(RING))) == 8


def test_the_check_would_see_a_key_that_is_shared():
    assert len(set(fingerprints(OneKeyForAll(bytes(range(32)))))) == 1


def test_another_deployment_makes_other_fingerprints():
    assert not set(fingerprints(RING)) & set(fingerprints(OTHER_RING))


def test_a_fingerprint_is_stable_and_not_a_plain_hash():
    found = RING.subject("a_1", "noor@example.com")
    assert found == Keyring(bytes(range(32))).subject("a_1", "noor@example.com")
    assert len(found) == 43
    plain = hashlib.sha256(b"noor@example.com").digest()
    assert found != base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def test_the_derivation_is_hkdf_expand_so_that_it_can_be_redone_elsewhere():
    key = hmac.digest(bytes(range(32)), b"subject\x1fa_1\x01", "sha256")
    expected = hmac.digest(key, b"x", "sha256")
    assert base64.urlsafe_b64decode(RING.subject("a_1", "x") + "=") == expected


def test_a_conversation_token_opens_its_own_conversation_only():
    token = RING.conversation_token("s_1", "c_1")
    assert RING.is_conversation_token("s_1", "c_1", token)
    for ring, site, conversation in [
        (RING, "s_2", "c_1"),
        (RING, "s_1", "c_2"),
        (OTHER_RING, "s_1", "c_1"),
    ]:
        assert not ring.is_conversation_token(site, conversation, token)


@pytest.mark.parametrize("token", [None, "", "x", "é", "A" * 43, "A" * 10_000])
def test_a_spoofed_token_is_a_403(token):
    with pytest.raises(Problem) as refused:
        check_conversation_token(RING, "s_1", "c_1", token)
    assert (refused.value.status, refused.value.code) == (403, "invalid_conversation_token")


def test_the_true_token_is_let_through_and_a_changed_character_is_not():
    token = RING.conversation_token("s_1", "c_1")
    check_conversation_token(RING, "s_1", "c_1", token)
    for place in range(len(token)):
        changed = token[:place] + ("B" if token[place] == "A" else "A") + token[place + 1 :]
        assert not RING.is_conversation_token("s_1", "c_1", changed)


@pytest.mark.parametrize("text", ["", "00", "ab" * 31, "a" * 63, "zz" * 32, "password"])
def test_a_weak_root_key_does_not_start(text):
    with pytest.raises(ValueError):  # noqa: PT011  # bytes.fromhex has words of its own
        Keyring.from_hex(text)


def test_a_root_key_of_256_bits_starts():
    assert Keyring.from_hex(bytes(range(32)).hex()) == RING


def test_the_error_about_a_weak_key_does_not_quote_it():
    with pytest.raises(ValueError, match="root key") as refused:
        Keyring.from_hex("deadbeef")
    assert "deadbeef" not in str(refused.value)


def test_parts_of_a_salted_fingerprint_cannot_be_moved_across_their_border():
    assert salted(b"s", "ab", "c") != salted(b"s", "a", "bc")
    assert salted(b"s", "a") != salted(b"t", "a")


def test_a_text_hash_is_plain_sha256_so_that_anybody_can_check_the_evidence():
    assert text_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
