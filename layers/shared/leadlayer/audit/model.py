"""An entry of the audit log, and the hash that ties it to the one before. Ids only, no values."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

Outcome = Literal["allowed", "denied"]


@dataclass(frozen=True)
class Entry:
    """`action` is that of the matrix, `call` the method and route, `target` the ids in its path.
    `previous` is the hash of the entry before, `previous_at` its time: whether that one may be
    gone can be told without it."""

    seq: int
    at: str
    actor: str
    role: str
    action: str
    target: str
    outcome: Outcome
    call: str
    expires_at: int
    previous: str
    previous_at: str
    hash: str = ""

    def sealed(self) -> "Entry":
        return replace(self, hash=self.digest())

    def digest(self) -> str:
        """SHA-256 over all of it but the hash: `previous` is in it, and so all that came before."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Head:
    """Where the chain ends."""

    seq: int
    hash: str
    at: str


# The head of a log that has no entry yet.
NOTHING = Head(seq=0, hash="", at="")
