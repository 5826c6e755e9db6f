"""A receiver knows that we sent it, as it is, and just now; nobody else can make that so."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.console.webhooks import VERIFYING
from leadlayer.webhooks.signing import TOLERANCE_S, is_signed, new_secret, signed_headers

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
# The vector of the specification's own libraries (github.com/standard-webhooks).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
VECTOR_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
VECTOR_AT = datetime.fromtimestamp(1614265330, UTC)
VECTOR_BODY = b'{"test": 2432232314}'


def test_a_signature_is_the_specifications():
    headers = signed_headers(VECTOR_ID, VECTOR_BODY, secrets=[SECRET], now=VECTOR_AT)

    assert headers == {
        "webhook-id": VECTOR_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": VECTOR,
    }


def test_a_secret_is_32_random_bytes():
    made = {new_secret() for _ in range(50)}

    assert len(made) == 50
    for secret in made:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


@given(body=st.binary(max_size=200), message_id=st.from_regex(r"[a-z]+_[A-Z0-9]{26}"))
def test_what_was_signed_is_recognised(body: bytes, message_id: str):
    secret = new_secret()
    headers = signed_headers(message_id, body, secrets=[secret], now=NOW)

    assert is_signed(secret, headers, body, now=NOW)


@given(
    body=st.binary(min_size=1, max_size=60),
    place=st.integers(min_value=0),
    bit=st.integers(min_value=0, max_value=7),
    part=st.sampled_from(["body", "webhook-id", "webhook-timestamp", "webhook-signature"]),
)
def test_what_was_changed_by_one_bit_is_not(body: bytes, place: int, bit: int, part: str):
    secret = new_secret()
    headers = signed_headers("lead_1", body, secrets=[secret], now=NOW)
    if part == "body":
        changed = bytearray(body)
        changed[place % len(changed)] ^= 1 << bit
        assert not is_signed(secret, headers, bytes(changed), now=NOW)
        return
    text = bytearray(headers[part].encode())
    text[place % len(text)] ^= 1 << bit
    changed_headers = headers | {part: text.decode("latin-1")}
    assert not is_signed(secret, changed_headers, body, now=NOW)


def test_another_secret_signs_nothing_of_it():
    headers = signed_headers("lead_1", b"{}", secrets=[new_secret()], now=NOW)

    assert not is_signed(new_secret(), headers, b"{}", now=NOW)


def test_while_secrets_change_over_either_fits():
    old, new = new_secret(), new_secret()
    headers = signed_headers("lead_1", b"{}", secrets=[new, old], now=NOW)

    assert len(headers["webhook-signature"].split(" ")) == 2
    assert [is_signed(each, headers, b"{}", now=NOW) for each in (old, new)] == [True, True]
    assert not is_signed(new_secret(), headers, b"{}", now=NOW)


@pytest.mark.parametrize("seconds", [-TOLERANCE_S, 0, TOLERANCE_S])
@pytest.mark.parametrize("beyond", [0, 1])
def test_what_is_too_old_or_from_the_future_is_a_replay(seconds: int, beyond: int):
    secret = new_secret()
    headers = signed_headers("lead_1", b"{}", secrets=[secret], now=NOW)
    later = NOW + timedelta(seconds=seconds + (beyond if seconds >= 0 else -beyond))
    is_inside = beyond == 0 or seconds == 0

    assert is_signed(secret, headers, b"{}", now=later) is is_inside


def test_twin_a_check_without_the_time_would_take_a_replay():
    secret = new_secret()
    headers = signed_headers("lead_1", b"{}", secrets=[secret], now=NOW)
    late = NOW + timedelta(days=30)

    assert not is_signed(secret, headers, b"{}", now=late)
    # The signature itself still fits: the time is all that tells.
    assert is_signed(secret, headers, b"{}", now=NOW)


def documented(headers: dict[str, str], body: bytes, *, secret: str, now: datetime) -> bool:
    """The code of the API's document, run as it stands."""
    names: dict = {}
    exec(VERIFYING, names)  # noqa: S102  # our own text
    names["time"] = type("Clock", (), {"time": staticmethod(now.timestamp)})
    return names["is_from_leadlayer"](secret, headers, body)


def test_the_documented_check_knows_ours_and_refuses_what_is_not():
    old, new = new_secret(), new_secret()
    headers = signed_headers("lead_1", b'{"a":1}', secrets=[new, old], now=NOW)
    late = NOW + timedelta(seconds=TOLERANCE_S + 1)

    assert documented(headers, b'{"a":1}', secret=old, now=NOW)
    assert documented(headers, b'{"a":1}', secret=new, now=NOW)
    assert not documented(headers, b'{"a":2}', secret=new, now=NOW)
    assert not documented(headers, b'{"a":1}', secret=new_secret(), now=NOW)
    assert not documented(headers, b'{"a":1}', secret=new, now=late)
