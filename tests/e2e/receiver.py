"""A customer's endpoint on this machine: takes webhooks, and refuses as many as it is told to."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dev.fakes.http_server import LOOPBACK, Handler, Server


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class Endpoint:
    url: str = ""
    refusals: int = 0
    received: list[Received] = field(default_factory=list[Received])


class _Hook(Handler):
    endpoint: Endpoint

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        status = 500 if self.endpoint.refusals > 0 else 200
        self.endpoint.refusals -= 1
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.endpoint.received.append(Received(headers, self.body(), status))
        self.answer(status, b"", "text/plain")


@contextmanager
def receiving() -> Generator[Endpoint]:
    endpoint = Endpoint()
    hook = type("Hook", (_Hook,), {"endpoint": endpoint})
    server = Server((LOOPBACK, 0), hook)
    endpoint.url = f"http://{LOOPBACK}:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
