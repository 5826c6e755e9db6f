"""What our mail provider is sent over the wire: four fields and a key; nothing before the guard."""

import json
from collections.abc import Iterator

import pytest
import resend

from leadlayer.core.egress import EgressDenied
from leadlayer.mail.resend_client import resend_sender
from tests.contract.stub_server import Answer, stub

LETTER = {"to": "owner@shop.example", "subject": "S", "text": "T", "idempotency_key": "01L/m_1"}
ACCEPTED = Answer(b'{"id": "1"}')


@pytest.fixture(autouse=True)
def sdk() -> Iterator[None]:
    """The SDK keeps its settings in its module: put them back."""
    kept = resend.api_url, resend.api_key, resend.default_http_client
    yield
    resend.api_url, resend.api_key, resend.default_http_client = kept


def sender(url: str, *, check_url=lambda _: None, key: str = "re_test"):
    return resend_sender(
        api_key=lambda: key, base_url=url, sender="LeadLayer <no@x.example>", check_url=check_url
    )


def test_a_letter_is_four_fields_and_an_idempotency_key():
    with stub(ACCEPTED) as server:
        sender(server.url)(**LETTER)
    (request,) = server.requests
    head, _, body = request.partition(b"{")
    lowered = head.decode().lower()
    assert lowered.startswith("post /emails http/1.1")
    assert "idempotency-key: 01l/m_1" in lowered
    assert "authorization: bearer re_test" in lowered
    assert json.loads(b"{" + body) == {
        "from": "LeadLayer <no@x.example>",
        "to": ["owner@shop.example"],
        "subject": "S",
        "text": "T",
    }


def test_the_guard_is_asked_before_a_byte_leaves_and_before_the_key_is_read():
    def refuse(_: str) -> None:
        raise EgressDenied

    def key() -> str:
        raise AssertionError

    with stub(ACCEPTED) as server:
        send = resend_sender(api_key=key, base_url=server.url, sender="x", check_url=refuse)
        with pytest.raises(EgressDenied):
            send(**LETTER)
    assert (server.requests, server.connections) == ([], 0)


def test_the_check_would_see_a_letter_that_left():
    with stub(ACCEPTED) as server:
        sender(server.url)(**LETTER)
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422, 429, 500, 503])
def test_a_refusal_of_the_provider_is_an_error_so_that_the_mail_stays_pending(status):
    refusal = Answer(
        json.dumps({"statusCode": status, "name": "x", "message": "m"}).encode(), status
    )
    with stub(refusal) as server, pytest.raises(Exception):  # noqa: B017, PT011  # the SDK has many
        sender(server.url)(**LETTER)


def test_a_provider_that_hangs_up_is_an_error():
    with stub(b"") as server, pytest.raises(Exception):  # noqa: B017, PT011  # the SDK has many
        sender(server.url)(**LETTER)


def reached_by_redirect(status: int) -> tuple[int, bool]:
    """How many requests another host gets when the provider sends us there, and if we raised."""
    with stub(ACCEPTED) as elsewhere:
        moved = Answer(b"{}", status, location=elsewhere.url)
        with stub(moved) as server:
            try:
                sender(server.url)(**LETTER)
            except Exception:  # noqa: BLE001  # the SDK has many
                return len(elsewhere.requests), True
        return len(elsewhere.requests), False


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_does_not_carry_the_letter_past_the_guard_and_is_an_error(status):
    assert reached_by_redirect(status) == (0, True)


def test_the_check_would_see_the_sdks_own_client_follow(monkeypatch):
    own = resend.RequestsClient(timeout=5)
    monkeypatch.setattr("leadlayer.mail.resend_client.SameHostClient", lambda: own)
    assert reached_by_redirect(307) == (1, False)
