"""The receipt of a request: what was done, in numbers, signed so that anybody can check it offline.

    python -m leadlayer.privacy.receipt verify FILE --key KEYFILE

The file is canonical JSON (sorted keys, no spaces, ASCII) and nothing else: one byte more or less
is not the receipt that was signed. The key is the PEM file that is published beside the policy.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

from leadlayer.core.clock import iso
from leadlayer.core.policy import retention
from leadlayer.privacy.receipt_ed25519 import is_signature
from leadlayer.privacy.requests_model import Request

# Says what is signed, so that a signature of anything else by the same key is no receipt's.
_DOMAIN = b"leadlayer.receipt.1\n"
# SubjectPublicKeyInfo of an Ed25519 key (RFC 8410, section 4): this, and then the 32 bytes of it.
_SPKI = bytes.fromhex("302a300506032b6570032100")
_PEM = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")


class NotAReceipt(Exception):
    """Not a receipt of this key, or not as it was signed."""


class Signer(Protocol):
    @property
    def public_key(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


def receipt_of(request: Request, *, closed_at: datetime) -> dict[str, Any]:
    """Numbers, kinds and dates: nothing in it is about a person."""
    erased = request.right == "erasure"
    return {
        "version": 1,
        "request": request.id,
        "right": request.right,
        "outcome": request.state,
        "closed_at": iso(closed_at),
        "items": {kind: each.count for kind, each in request.handled.items()},
        "systems": sorted(request.told),
        "exemptions": [
            {
                "item": kind,
                "ground": each.ground,
                "until": each.until.isoformat() if each.until else None,
            }
            for kind, each in sorted(request.handled.items())
            if each.ground is not None
        ],
        "residual_copies": _residual_copies(closed_at) if erased else [],
    }


def issue(request: Request, *, closed_at: datetime, signer: Signer) -> str:
    """The receipt as it is handed out and kept."""
    document = receipt_of(request, closed_at=closed_at) | {"key": key_id(signer.public_key)}
    signature = signer.sign(signed_bytes(document))
    return canonical({"receipt": document, "signature": base64.b64encode(signature).decode()})


def verified(text: bytes, public_key: bytes) -> dict[str, Any]:
    """What the receipt says. Raises NotAReceipt."""
    said, encoded = _parts(text)
    is_ours = said.get("key") == key_id(public_key) and said.get("version") == 1
    if not is_ours or not is_signature(public_key, signed_bytes(said), _signature(encoded)):
        raise NotAReceipt
    return said


def canonical(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def signed_bytes(document: dict[str, Any]) -> bytes:
    """A digest: KMS signs no more than 4096 bytes (KMS API reference, Sign)."""
    return _DOMAIN + hashlib.sha256(canonical(document).encode()).hexdigest().encode()


def key_id(public_key: bytes) -> str:
    """Tells which key to check with, once there has been another."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_key_of(pem: str) -> bytes:
    """Raises NotAReceipt for anything but one Ed25519 public key."""
    lines = pem.strip().splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != _PEM:
        raise NotAReceipt
    return from_spki(_bytes("".join(lines[1:-1])))


def from_spki(der: bytes) -> bytes:
    if not der.startswith(_SPKI) or len(der) != len(_SPKI) + 32:
        raise NotAReceipt
    return der.removeprefix(_SPKI)


def pem_of(public_key: bytes) -> str:
    """What is published."""
    return "\n".join((_PEM[0], base64.b64encode(_SPKI + public_key).decode(), _PEM[1], ""))


def _parts(text: bytes) -> tuple[dict[str, Any], str]:
    """The document and its signature, if they are written in the one way there is."""
    try:
        envelope: Any = json.loads(text)
        is_canonical = canonical(envelope).encode() == text
    except (ValueError, RecursionError):
        raise NotAReceipt from None
    match envelope:
        case {"receipt": dict(), "signature": str()} if is_canonical and len(envelope) == 2:
            return cast("dict[str, Any]", envelope["receipt"]), envelope["signature"]
        case _:
            raise NotAReceipt


def _residual_copies(closed_at: datetime) -> list[dict[str, str]]:
    """What cannot be reached, and until when it can be there at most."""
    ends = {name: retention(name).after(closed_at) for name in ("backup", "model_provider")}
    return [
        {"system": name, "until": end.astimezone(UTC).date().isoformat()}
        for name, end in ends.items()
    ]


def _signature(encoded: str) -> bytes:
    signature = _bytes(encoded)
    # Unused bits at the end would be a second way to write the same bytes.
    if base64.b64encode(signature).decode() != encoded:
        raise NotAReceipt
    return signature


def _bytes(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NotAReceipt from None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="leadlayer.privacy.receipt", description=__doc__)
    verify = parser.add_subparsers(required=True).add_parser("verify", help="check a receipt")
    verify.add_argument("file", type=Path)
    verify.add_argument("--key", type=Path, required=True, help="the published PEM file")
    asked = parser.parse_args(arguments)
    try:
        key = public_key_of(asked.key.read_text(errors="replace"))
        said = verified(asked.file.read_bytes(), key)
    except (NotAReceipt, OSError):
        sys.stderr.write("NOT VALID: this is no receipt of this key as it was signed.\n")
        return 1
    sys.stdout.write(f"VALID\n{json.dumps(said, indent=2, sort_keys=True)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
