"""A server that misbehaves as told: each answer of the script is one request's fate."""

import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

# The request is read and never answered.
HANG_UP = b""


@dataclass(frozen=True)
class Answer:
    body: bytes = b"{}"
    status: int = 200
    then_close: bool = False
    location: str = ""

    @property
    def wire(self) -> bytes:
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\n"
        if self.location:
            head += f"Location: {self.location}\r\n"
        return f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass
class Stub:
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@contextmanager
def stub(*script: Answer | bytes) -> Generator[Stub]:
    """Serves the script in order, over as many connections as the client opens."""
    told = Stub()
    listener = socket.create_server(("127.0.0.1", 0))
    told.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=_serve, args=(listener, list(script), told), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread where close() would not
        listener.close()
        thread.join(2)


def _serve(listener: socket.socket, script: Sequence[Answer | bytes], told: Stub) -> None:
    fates = iter(script)
    fate: Answer | bytes | None = next(fates, None)
    while fate is not None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        told.connections += 1
        with connection, connection.makefile("rb") as lines:
            while fate is not None and (request := _read(lines)):
                told.requests.append(request)
                answer, fate = fate, next(fates, None)
                if not isinstance(answer, Answer):
                    connection.sendall(answer)
                    break
                connection.sendall(answer.wire)
                if answer.then_close:
                    break


def _read(lines) -> bytes:
    """One whole request, or nothing when the client is gone."""
    head, length = b"", 0
    try:
        while (line := lines.readline()) not in (b"\r\n", b""):
            head += line
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head + lines.read(length)
    except OSError:
        return b""
