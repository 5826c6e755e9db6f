"""What every stand-in shares: a threaded HTTP/1.1 server on the loopback interface."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOPBACK = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """Takes two hundred visitors at once: the default queue of five would turn some away."""

    request_queue_size = 512
    daemon_threads = True


class Handler(BaseHTTPRequestHandler):
    """Reads and writes whole bodies; says nothing on stderr."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; Nagle would hold back the second for 40 ms.
    disable_nagle_algorithm = True

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(
        self, status: int, content: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def answer_json(
        self, status: int, value: object, headers: dict[str, str] | None = None
    ) -> None:
        self.answer(status, json.dumps(value).encode(), "application/json", headers)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Nothing: a request line may hold a visitor's data."""
