"""The scanner itself: it finds what it is for, and nothing where there is nothing."""

import base64
import hashlib
import json
from urllib.parse import quote

import pytest

from tests.canary_scan import hits, row_text

VALUE = {"name": "Noor “de” Vries"}
PLANTED = {
    "raw": VALUE["name"],
    "capitals": VALUE["name"].upper(),
    "json": json.dumps({"x": VALUE["name"]}),
    "url": "https://x.example/?q=" + quote(VALUE["name"]),
    "hex": hashlib.sha256(VALUE["name"].lower().encode()).hexdigest(),
    "md5": hashlib.md5(VALUE["name"].encode()).hexdigest().upper(),  # noqa: S324  # looked for
    "base64 of a hash": base64.b64encode(
        hashlib.sha1(VALUE["name"].encode()).digest()  # noqa: S324  # as above
    ).decode(),
    "urlsafe": base64.urlsafe_b64encode(hashlib.sha256(VALUE["name"].encode()).digest()).decode(),
} | {
    f"base64 after {start}": base64.b64encode(f"{'x' * start}{VALUE['name']}!".encode()).decode()
    for start in range(7)
}


@pytest.mark.parametrize("sink", PLANTED)
def test_a_planted_value_is_found_however_it_is_spelled(sink: str):
    assert {hit.sink for hit in hits(VALUE, PLANTED | {"clean": "nothing"})} == set(PLANTED)
    assert [hit.sink for hit in hits(VALUE, {sink: PLANTED[sink]})] != []


def test_another_value_is_not_found():
    assert hits({"name": "Noor de Bries"}, PLANTED) == []


def test_a_value_too_short_to_tell_anything_is_refused():
    with pytest.raises(ValueError, match="too short"):
        hits({"name": "Noor"}, PLANTED)


def test_rows_are_read_with_names_values_sets_and_binary_parts():
    row = {"pk": {"S": "a\nb"}, "x": {"M": {"inner": {"L": [{"SS": ["c"]}, {"B": b"d"}]}}}}

    assert {"pk", "a", "b", "inner", "c", "d"} <= set(row_text([row]).split("\n"))
