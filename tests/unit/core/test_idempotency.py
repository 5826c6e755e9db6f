"""What counts as the same request sent again."""

import pytest

from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem
from leadlayer.core.idempotency import IdempotencyItem, check_same_body, retry_of

RING = Keyring(bytes(range(32)))
KEY = "Zk3v9Qw1Xr7Tb5Yn"


def request(key: str | None = KEY, body: str = '{"a":1}', name: str = "idempotency-key") -> dict:
    return {"headers": {} if key is None else {name: key}, "body": body}


def retry(key: str = KEY, site_id: str = "s_1", **parts: str) -> tuple[str, str]:
    found = retry_of(request(key, **parts), owner=site_id, keyring=RING)
    assert found is not None
    return found


def test_a_request_without_a_key_is_never_a_retry():
    assert retry_of(request(None), owner="s_1", keyring=RING) is None


@pytest.mark.parametrize("name", ["idempotency-key", "Idempotency-Key", "IDEMPOTENCY-KEY"])
def test_the_same_key_and_body_are_the_same_request(name):
    assert retry(name=name) == retry()


def test_neither_key_nor_body_can_be_read_from_what_is_kept():
    kept = "".join(retry())
    assert KEY not in kept
    assert '{"a":1}' not in kept


def test_another_body_or_key_or_site_is_another_request():
    here = retry()
    assert retry(body='{"a":2}')[1] != here[1]
    assert retry(key=KEY + "x")[0] != here[0]
    assert retry(site_id="s_2")[0] != here[0]


@pytest.mark.parametrize("key", ["", "short", "a" * 15, "a" * 65, "a" * 16 + " ", "é" * 16,
                                 "a" * 16 + "\n", "../" * 8, "a#" * 10])  # fmt: skip
def test_a_key_of_another_form_is_refused_without_quoting_it(key):
    with pytest.raises(Problem) as refused:
        retry(key=key)
    assert (refused.value.status, refused.value.code) == (422, "invalid_request")
    assert not key or key not in refused.value.body()


@pytest.mark.parametrize("length", [16, 64])
def test_the_shortest_and_longest_keys_are_taken(length):
    assert retry("-" * length)[0]


def test_a_key_used_for_another_body_is_a_conflict():
    item = IdempotencyItem("p", "LEAD", body="b", result="r")
    check_same_body(item, "b")
    with pytest.raises(Problem) as refused:
        check_same_body(item, "c")
    assert (refused.value.status, refused.value.code) == (409, "idempotency_key_reused")
