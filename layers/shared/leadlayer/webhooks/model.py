"""A customer's endpoint, what it is told and what became of that; never the told thing itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# The kind under which the vault keeps a webhook's secret.
VAULT_KIND = "webhook_secret"

# What a customer may ask to be told; `test` is sent when they ask for it.
Event = Literal["lead.created", "conversation.started"]
Kind = Literal["lead.created", "conversation.started", "test"]
# `failing`: no delivery has come through for days. It goes on being tried, and the first that comes
# through makes it `enabled` again.
State = Literal["enabled", "disabled", "failing"]

# What a delivery's id begins with, so that the id says where it stands.
_PREFIX: Mapping[Kind, str] = {
    "lead.created": "lead_",
    "conversation.started": "conv_",
    "test": "test_",
}


@dataclass(frozen=True)
class Previous:
    """A sealed secret that another has taken the place of. It signs as well until then (epoch
    seconds)."""

    secret: str
    until: int


@dataclass(frozen=True)
class Webhook:
    """`secret` is sealed; None once the account was terminated. `slow` counts the slow answers
    since the last quick one."""

    id: str
    account_id: str
    url: str
    events: tuple[Event, ...]
    created_at: str
    secret: str | None
    state: State = "enabled"
    previous: tuple[Previous, ...] = ()
    failing_since: str | None = None
    slow: int = 0

    def hears(self, kind: Kind) -> bool:
        return self.state != "disabled" and kind in self.events


@dataclass(frozen=True)
class Delivery:
    """One event for one webhook. Holds ids; what is told is read when it is sent."""

    about_id: str
    webhook_id: str
    kind: Kind
    account_id: str
    site_id: str
    created_at: str
    state: Literal["pending", "delivered", "failed"] = "pending"
    attempts: int = 0
    due_at: str | None = None

    @property
    def id(self) -> str:
        """Stays the same however often it is sent: receivers know a repetition by it."""
        return _PREFIX[self.kind] + self.about_id


def delivery_of(delivery_id: str) -> tuple[str, Kind] | None:
    """What a delivery's id says: about what, and which kind of event."""
    for kind, prefix in _PREFIX.items():
        if delivery_id.startswith(prefix):
            return delivery_id.removeprefix(prefix), kind
    return None


@dataclass(frozen=True)
class Attempt:
    """A line of the delivery log. `status` is 0 when there was no answer."""

    id: str
    webhook_id: str
    delivery_id: str
    kind: Kind
    at: str
    status: int
    took_ms: int
    outcome: str


@dataclass(frozen=True)
class Facts:
    """What an event tells of a lead or conversation, read at the moment of sending."""

    account_id: str
    data: Mapping[str, Any]
