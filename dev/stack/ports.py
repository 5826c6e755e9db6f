"""Decides which ports the stack takes: the same ones each time, the next free block otherwise."""

import socket
from dataclasses import astuple, dataclass

DEFAULT_BASE = 8800
BLOCK = 10
BLOCKS = 20


class NoFreePortsError(Exception):
    """None of the blocks that were tried is free."""


@dataclass(frozen=True)
class Ports:
    """One port per server of the stack."""

    aws: int
    chat: int
    demo: int
    outbox: int
    model: int


def choose(base: int) -> Ports:
    """Ports from `base` on; any five free ones when `base` is 0."""
    if base == 0:
        return _any_free()
    for block in range(base, base + BLOCK * BLOCKS, BLOCK):
        candidate = Ports(*range(block, block + 5))
        if all(is_free(port) for port in astuple(candidate)):
            return candidate
    last = base + BLOCK * BLOCKS - 1
    raise NoFreePortsError(
        f"ports {base} to {last} are all in use. Choose others: make run ARGS='--port-base 18800'"
    )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections of the stack that was just stopped linger in TIME_WAIT; servers ignore them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free() -> Ports:
    probes = [socket.socket() for _ in range(5)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    numbers = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return Ports(*numbers)
