"""An export: one file with everything of an account, from the wish for it until it is gone."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["json", "csv"]
State = Literal["queued", "running", "ready", "failed", "withdrawn"]

# Those that are still going to be a file.
PENDING: tuple[State, ...] = ("queued", "running")
# A crash is tried again; what fails three times fails for a reason.
MOST_TRIES = 3


@dataclass(frozen=True)
class Export:
    id: str
    account_id: str
    member_id: str
    format: Format
    created_at: str
    expires_at: int
    state: State = "queued"
    progress: int = 0
    bytes: int = 0
    tries: int = 0
    lease_until: int = 0

    @property
    def key(self) -> str:
        """Where the file lies. The account first: what is deleted for an account is one prefix."""
        return f"exports/{self.account_id}/{self.id}.zip"

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING
