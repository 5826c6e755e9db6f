"""The one door to customers' endpoints: https, to public addresses only, and nothing is followed.

A customer chooses the address, so it is taken for an attack on whatever our functions can reach.
Its host is looked up once and the connection made to exactly what was checked: a name server that
answers differently the second time (DNS rebinding) is not asked a second time.
"""

import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from typing import Any, Literal

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

Resolve = Callable[[str], Sequence[str]]
Failure = Literal["refused", "timeout", "tls", "unreachable", "bad_answer"]

MAX_URL = 500
_LOOKUP_S = 3.0
# For the connection and again for its handshake, which OpenSSL does within one timeout.
_CONNECT_S = 3.0
_ANSWER_S = 5.0
_ALL_S = _LOOKUP_S + 2 * _CONNECT_S + _ANSWER_S

# Names as a certificate has them, letters of IDNA included, as `xn--…`. The last label begins with
# a letter, so no spelling of a number is a host (WHATWG URL, "ends in a number").
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]"
_PATH = r"(?:/[\w.~!$&'()*+,;=:@%/-]*)?(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?"
# One pattern for the whole: there is no second reader of URLs who could see another host in it.
_HTTPS = re.compile(
    rf"https://(?P<host>{_HOST})(?P<port>:443)?(?P<path>{_PATH})", re.ASCII | re.IGNORECASE
)
_LOOPBACK = re.compile(
    rf"http://(?P<host>127\.0\.0\.1|localhost)(?P<port>:\d{{1,5}})?(?P<path>{_PATH})", re.ASCII
)

# What `is_global` lets pass and yet leads somewhere else than it says: relays and translators to
# IPv4 (RFC 3068, RFC 3056), protocol assignments (RFC 2928), documentation (RFC 3849, RFC 9637).
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.88.99.0/24",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
# All that is handed out for the public IPv6 internet (IANA); mapped, NAT64 and local forms of
# addresses, and the metadata service's own, lie outside.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


class NotSent(Exception):
    """There is no answer. Carries a code; the text of what happened may quote the address."""

    def __init__(self, code: Failure) -> None:
        super().__init__(code)
        self.code: Failure = code


@dataclass(frozen=True)
class Target:
    host: str
    port: int
    path: str
    is_local: bool = False


def target(url: str, *, local: bool = False) -> Target:
    """Where a URL leads. Raises NotSent "refused" for all but https to a host's name at port 443;
    `local` also allows plain http to this machine, for the local stack."""
    if len(url) > MAX_URL:
        raise NotSent("refused")
    if local and (match := _LOOPBACK.fullmatch(url)):
        port = min(int((match["port"] or ":80")[1:]), 65535)
        return Target("127.0.0.1", port, _from_root(match["path"]), is_local=True)
    match = _HTTPS.fullmatch(url)
    if match is None or len(match["host"]) > 253:
        raise NotSent("refused")
    return Target(match["host"].lower(), 443, _from_root(match["path"]))


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach the same machine under this address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip.scope_id or ip not in _GLOBAL_UNICAST):
        return False
    if any(ip in network for network in _NEVER):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def system_addresses(
    host: str,
    *,
    look_up: Callable[..., Sequence[Any]] = socket.getaddrinfo,
    patience_s: float = _LOOKUP_S,
) -> list[str]:
    """What the system's resolver says. Its own patience is not ours: a customer's name server may
    keep it waiting. Raises TimeoutError."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            answers = look_up(host, 443, type=socket.SOCK_STREAM)
            found.extend(str(answer[4][0]) for answer in answers)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(patience_s)
    if thread.is_alive():
        raise TimeoutError
    return found


class Outbound:
    """`tls` makes the context that checks certificates; `https_port` is another one in tests."""

    def __init__(
        self,
        *,
        resolve: Resolve = system_addresses,
        accepts: Callable[[str], bool] = is_public,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        local: bool = False,
        https_port: int = 443,
        answer_s: float = _ANSWER_S,
    ) -> None:
        self._resolve = resolve
        self._accepts = accepts
        self._make_tls = tls
        self._local = local
        self._https_port = https_port
        self._answer_s = answer_s

    def check(self, url: str) -> None:
        """Raises NotSent when `post` would not send there as things are now."""
        self._address(target(url, local=self._local))

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, within_s: float = _ALL_S
    ) -> int:
        """Sends once and returns the answer's status; nothing else of the answer is read. Redirects
        are answers like others, and the environment's proxies are not asked. Raises NotSent, at the
        latest when `within_s` is over."""
        ends = time.monotonic() + within_s
        place = target(url, local=self._local)
        address = self._address(place)
        # One half for the connection and one for its handshake, each with the same timeout.
        connection = self._connection(place, address, min(_CONNECT_S, _left(ends) / 2))
        cut_at = ends
        try:
            connection.connect()
            patience = min(self._answer_s, _left(ends))
            cut_at = time.monotonic() + patience
            with _cut_after(patience, connection):
                return _exchange(connection, place, body, headers)
        except (OSError, HTTPException, HTTPError) as error:
            was_cut = time.monotonic() >= cut_at
            raise NotSent("timeout" if was_cut else _code(error)) from None
        finally:
            connection.close()

    def _address(self, place: Target) -> str:
        """The one address that is connected to. A single bad one refuses all: whoever mixes them
        hopes that the check sees one and the connection takes another."""
        if place.is_local:
            return place.host
        try:
            addresses = self._resolve(place.host)
        except TimeoutError:
            raise NotSent("timeout") from None
        except OSError:
            addresses = ()
        if not addresses:
            raise NotSent("unreachable")
        if not all(self._accepts(address) for address in addresses):
            raise NotSent("refused")
        # Functions outside a VPC have no IPv6 to the internet.
        return next((address for address in addresses if ":" not in address), addresses[0])

    def _connection(self, place: Target, address: str, patience_s: float) -> HTTPConnection:
        if place.is_local:
            return HTTPConnection(address, place.port, timeout=patience_s)
        # The certificate has to be the name's, although the connection is made to an address:
        # OpenSSL compares it with `server_hostname` while the two still shake hands.
        return HTTPSConnection(
            address,
            self._https_port,
            timeout=patience_s,
            cert_reqs=ssl.CERT_REQUIRED,
            ssl_context=self._tls,
            server_hostname=place.host,
        )

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._make_tls()


def _exchange(
    connection: HTTPConnection, place: Target, body: bytes, headers: Mapping[str, str]
) -> int:
    port = f":{place.port}" if place.is_local else ""
    sent = {"Host": place.host + port, "User-Agent": "LeadLayer-Webhooks/1", **headers}
    connection.request("POST", place.path, body, sent, preload_content=False)
    return connection.getresponse().status


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise NotSent("timeout")
    return left


@contextmanager
def _cut_after(seconds: float, connection: HTTPConnection) -> Generator[None]:
    """Ends the connection in time. A socket's own timeout begins anew with every byte, and an
    endpoint may send them one by one."""
    # The plain socket's method: the TLS socket's would pull its state from under the reader.
    timer = threading.Timer(seconds, _shut, [connection.sock])
    timer.daemon = True
    timer.start()
    connection.timeout = seconds
    try:
        yield
    finally:
        timer.cancel()


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _code(error: Exception) -> Failure:
    match error:
        # First: urllib3 takes it for a kind of timeout.
        case NewConnectionError():
            return "unreachable"
        case TimeoutError() | ConnectTimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "tls"
        case OSError():
            return "unreachable"
        case _:
            return "bad_answer"


def _from_root(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"
