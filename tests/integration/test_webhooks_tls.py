"""Over real TLS: the connection goes to the address that was checked, the certificate has to be the
name's, nothing is followed, and nobody keeps us waiting."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from urllib3.connection import HTTPSConnection

from leadlayer.core.outbound import NotSent, Outbound

HOST = "hooks.example.com"
URL = f"https://{HOST}/leads?key=1"
BODY = b'{"type":"test"}'
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own, and certificates that it gives to servers."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def trusting(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        return ssl.create_default_context(cadata=pem.decode())

    def server(self, name: x509.GeneralName, *, days: int = 1) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC) - timedelta(days=2)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(named("server"))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=2 + days, hours=-1))
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named("our own"))
        .issuer_name(named("our own"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(tmp_path_factory.mktemp("ca"), key, certificate)


@dataclass
class Endpoint:
    port: int
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    connections: int = 0


Answer = Callable[[ssl.SSLSocket], None]


def says(answer: bytes) -> Answer:
    return lambda connection: connection.sendall(answer)


@contextmanager
def endpoint(context: ssl.SSLContext, answer: Answer | None = None) -> Iterator[Endpoint]:
    """Remembers the name it was asked for (SNI) and the whole request, then answers with OK."""
    respond = answer or says(OK)
    listener = socket.create_server(("127.0.0.1", 0))
    told = Endpoint(listener.getsockname()[1])
    context.sni_callback = lambda _, name, __: told.names.append(name)

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            told.connections += 1
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                told.requests.append(read(connection))
                respond(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


def read(connection: ssl.SSLSocket) -> bytes:
    received = b""
    while not received.endswith(BODY) and (part := connection.recv(4096)):
        received += part
    return received


def outbound(authority: Authority, server: Endpoint, **changes) -> Outbound:
    """Ours, but for a machine that has no other address than this one."""
    options = {
        "resolve": lambda _: ["127.0.0.1"],
        "accepts": lambda address: address == "127.0.0.1",
        "tls": authority.trusting,
        "https_port": server.port,
    }
    return Outbound(**(options | changes))


def sent(door: Outbound, url: str = URL) -> int | str:
    try:
        return door.post(url, BODY, {"webhook-id": "lead_1"})
    except NotSent as error:
        return error.code


def test_the_checked_address_is_connected_to_and_the_name_is_asked_for(authority: Authority):
    with endpoint(authority.server(x509.DNSName(HOST))) as server:
        assert sent(outbound(authority, server)) == 204

    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /leads?key=1 HTTP/1.1"
    assert f"Host: {HOST}" in lines
    assert "webhook-id: lead_1" in lines
    assert body == BODY
    assert server.names == [HOST]


@pytest.mark.parametrize("status", [200, 202, 400, 410, 500, 503])
def test_the_status_is_all_that_is_taken_of_an_answer(authority: Authority, status: int):
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 9999999\r\n\r\nkanarie".encode()
    with endpoint(authority.server(x509.DNSName(HOST)), says(answer)) as server:
        assert sent(outbound(authority, server)) == status


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("evil.example.com"),
        x509.DNSName("example.com"),
        x509.DNSName("*.hooks.example.com"),
        # Whoever holds the address alone is not who the customer named.
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ],
    ids=str,
)
def test_a_certificate_of_another_name_is_refused_before_a_byte_is_sent(
    authority: Authority, name: x509.GeneralName
):
    with endpoint(authority.server(name)) as server:
        assert sent(outbound(authority, server)) == "tls"
    assert [request for request in server.requests if request] == []
    assert server.connections == 1


class Careless(Outbound):
    """Asks for the address instead of the name, as a client does that is given a URL with one."""

    def _connection(self, place, address, patience_s):
        return HTTPSConnection(address, self._https_port, timeout=patience_s, ssl_context=self._tls)


def test_twin_a_client_that_does_not_know_the_name_is_caught(authority: Authority):
    with endpoint(authority.server(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))) as server:
        careless = Careless(
            resolve=lambda _: ["127.0.0.1"],
            accepts=lambda _: True,
            tls=authority.trusting,
            https_port=server.port,
        )
        assert sent(careless) == 204
    assert len(server.requests) == 1


def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority):
    with endpoint(authority.server(x509.DNSName(HOST))) as server:
        assert sent(outbound(authority, server, tls=ssl.create_default_context)) == "tls"
    assert [request for request in server.requests if request] == []


def test_an_expired_certificate_is_refused(authority: Authority):
    with endpoint(authority.server(x509.DNSName(HOST), days=0)) as server:
        assert sent(outbound(authority, server)) == "tls"
    assert [request for request in server.requests if request] == []


def test_a_resolver_that_answers_differently_the_second_time_is_not_asked_twice(
    authority: Authority,
):
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    with endpoint(authority.server(x509.DNSName(HOST))) as server:
        assert sent(outbound(authority, server, resolve=rebinding)) == 204
    assert asked == [HOST]
    assert len(server.requests) == 1


def test_nothing_is_connected_to_when_one_address_is_bad(authority: Authority):
    addresses = ["127.0.0.1", "10.0.0.1"]
    with endpoint(authority.server(x509.DNSName(HOST))) as server:
        assert sent(outbound(authority, server, resolve=lambda _: addresses)) == "refused"
    assert server.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(authority: Authority, status: int):
    with endpoint(authority.server(x509.DNSName(HOST))) as elsewhere:
        location = f"https://127.0.0.1:{elsewhere.port}/"
        moved = f"HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        with endpoint(authority.server(x509.DNSName(HOST)), says(moved.encode())) as server:
            assert sent(outbound(authority, server)) == status
    assert elsewhere.connections == 0
    assert len(server.requests) == 1


def test_the_environments_proxies_are_not_asked(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
):
    with endpoint(authority.server(x509.DNSName(HOST))) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with endpoint(authority.server(x509.DNSName(HOST))) as server:
            assert sent(outbound(authority, server)) == 204
    assert proxy.connections == 0


def drip(connection: ssl.SSLSocket) -> None:
    """A byte of a header now and then, for ever: no single wait is long."""
    connection.sendall(b"HTTP/1.1 ")
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


def silence(connection: ssl.SSLSocket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("answer", [drip, silence])
def test_an_endpoint_that_keeps_us_waiting_is_left(authority: Authority, answer: Answer):
    with endpoint(authority.server(x509.DNSName(HOST)), answer) as server:
        started = time.monotonic()
        assert sent(outbound(authority, server, answer_s=0.4)) == "timeout"
        assert time.monotonic() - started < 3


def test_a_limit_for_all_of_it_ends_a_wait_for_the_answer(authority: Authority):
    with endpoint(authority.server(x509.DNSName(HOST)), silence) as server:
        assert ended(outbound(authority, server), within_s=0.6)


def test_a_limit_for_all_of_it_ends_a_wait_for_the_handshake(authority: Authority):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert ended(outbound(authority, Endpoint(mute.getsockname()[1])), within_s=0.6)


def test_a_limit_for_all_of_it_counts_the_look_up(authority: Authority):
    with endpoint(authority.server(x509.DNSName(HOST)), says(OK)) as server:
        slow = outbound(authority, server, resolve=lambda _: time.sleep(0.7) or ["127.0.0.1"])
        assert ended(slow, within_s=0.6)
        assert server.connections == 0


def test_twin_the_same_endpoints_get_longer_without_a_limit(authority: Authority):
    with endpoint(authority.server(x509.DNSName(HOST)), silence) as server:
        assert not ended(outbound(authority, server, answer_s=1.2), within_s=9)


def ended(to: Outbound, *, within_s: float) -> bool:
    started = time.monotonic()
    with pytest.raises(NotSent, match="timeout"):
        to.post(URL, BODY, {}, within_s=within_s)
    return time.monotonic() - started < 1


@pytest.mark.parametrize(
    "answer", [b"not http\r\n\r\n", b"", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 70_000]
)
def test_an_answer_that_is_none_is_no_success(authority: Authority, answer: bytes):
    with endpoint(authority.server(x509.DNSName(HOST)), says(answer)) as server:
        assert sent(outbound(authority, server)) in ("bad_answer", "unreachable", "tls")


def test_an_endpoint_that_is_not_there_is_unreachable(authority: Authority):
    gone = Endpoint(1)
    assert sent(outbound(authority, gone)) == "unreachable"


def test_an_endpoint_without_tls_gets_nothing(authority: Authority):
    listener = socket.create_server(("127.0.0.1", 0))
    received: list[bytes] = []

    def serve() -> None:
        plain, _ = listener.accept()
        with plain:
            received.append(plain.recv(4096))
            plain.sendall(OK)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert sent(outbound(authority, Endpoint(listener.getsockname()[1]))) in ("tls", "unreachable")
    thread.join(2)
    listener.close()
    # A greeting of TLS, and no word of ours.
    assert received[0][:1] == b"\x16"
    assert BODY not in received[0]


def test_the_local_stage_shows_deliveries_over_plain_http(authority: Authority):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    received: list[bytes] = []

    def serve() -> None:
        plain, _ = listener.accept()
        with plain:
            while not b"".join(received).endswith(BODY):
                received.append(plain.recv(4096))
            plain.sendall(OK)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert sent(Outbound(local=True), f"http://127.0.0.1:{port}/hook") == 204
    assert sent(Outbound(), f"http://127.0.0.1:{port}/hook") == "refused"
    thread.join(2)
    listener.close()
    assert f"Host: 127.0.0.1:{port}".encode() in b"".join(received)
