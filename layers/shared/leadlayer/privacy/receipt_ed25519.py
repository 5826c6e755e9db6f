"""Whether an Ed25519 signature is right, with nothing but the standard library (RFC 8032, 5.1.7).

Anybody with Python can check a receipt, and no function carries a library of its own for it. Only
public values go in, so that it takes no constant time does no harm; it never signs.
"""

import hashlib
from typing import NamedTuple

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)


class _Point(NamedTuple):
    """Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""

    x: int
    y: int
    z: int
    t: int


def is_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """False for anything that is not exactly one signature of the message by the key."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, commitment = _decoded(public_key), _decoded(signature[:32])
    factor = int.from_bytes(signature[32:], "little")
    # A factor beyond the order would be a second signature of the same message.
    if key is None or commitment is None or factor >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    return _equal(_times(factor, _BASE), _sum(commitment, _times(challenge, key)))


def _sum(one: _Point, two: _Point) -> _Point:
    a = (one.y - one.x) * (two.y - two.x) % _P
    b = (one.y + one.x) * (two.y + two.x) % _P
    c = 2 * one.t * two.t * _D % _P
    d = 2 * one.z * two.z % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(factor: int, point: _Point) -> _Point:
    total = _Point(0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        factor >>= 1
    return total


def _equal(one: _Point, two: _Point) -> bool:
    return (one.x * two.z - two.x * one.z) % _P == 0 and (one.y * two.z - two.y * one.z) % _P == 0


def _decoded(encoded: bytes) -> _Point | None:
    """The point of 32 bytes; None for bytes that are no point, or a second way to write one."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x = _x_of(y, sign) if y < _P else None
    return None if x is None else _Point(x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _base() -> _Point:
    y = 4 * pow(5, _P - 2, _P) % _P
    x = _x_of(y, 0) or 0
    return _Point(x, y, 1, x * y % _P)


_BASE = _base()
