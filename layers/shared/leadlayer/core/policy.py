"""The annex of the privacy policy as typed values; the only reader of policy.toml."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from leadlayer.core.clock import Period, add_months


@dataclass(frozen=True)
class SubProcessor:
    name: str
    country: str
    purpose: str
    processing_location: str
    data: tuple[str, ...]
    transfer: str
    hosts: tuple[str, ...]
    effective_at: datetime
    when: str | None = None


@dataclass(frozen=True)
class Policy:
    version: str
    effective_at: datetime
    contact: str
    controller: str
    country: str
    authority: str
    authority_url: str
    lead_fields: tuple[str, ...]
    conversation_fields: tuple[str, ...]
    retention_text: dict[str, str]
    deadline_text: dict[str, str]
    paths_per_site_day: int
    small_cell: int
    disclosure_version: str
    sub_processors: tuple[SubProcessor, ...]

    def sub_processors_for(self, model_provider: str) -> tuple[SubProcessor, ...]:
        """Who receives data in a deployment that uses this model provider."""
        return tuple(s for s in self.sub_processors if s.when in (None, model_provider))


@cache
def policy() -> Policy:
    with Path(__file__).parent.with_name("policy.toml").open("rb") as source:
        raw = tomllib.load(source)
    return Policy(
        version=raw["policy"]["version"],
        effective_at=raw["policy"]["effective_at"],
        contact=raw["policy"]["contact"],
        controller=raw["controller"]["name"],
        country=raw["controller"]["country"],
        authority=raw["controller"]["authority"],
        authority_url=raw["controller"]["authority_url"],
        lead_fields=tuple(raw["end_user"]["lead_fields"]),
        conversation_fields=tuple(raw["end_user"]["conversation_fields"]),
        retention_text=dict(raw["retention"]),
        deadline_text=dict(raw["deadlines"]),
        paths_per_site_day=raw["views"]["paths_per_site_day"],
        small_cell=raw["views"]["small_cell"],
        disclosure_version=raw["disclosure"]["version"],
        sub_processors=tuple(_sub_processor(entry) for entry in raw["sub_processors"]),
    )


def retention(item: str, *, at_most_months: int | None = None) -> Period:
    """How long this kind of item is kept. A customer may shorten what the policy says, never more
    than it. KeyError when the policy does not say."""
    promised = Period.parse(policy().retention_text[item])
    if at_most_months is None:
        return promised
    return Period(min(at_most_months, promised.months), promised.elapsed)


def month_over(item: str, moment: datetime) -> int:
    """The epoch second from which everything of that kind from the month (UTC) of a moment has been
    kept for its time."""
    begun = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return retention(item).expiry(add_months(begun, 1))


def _sub_processor(entry: dict[str, Any]) -> SubProcessor:
    lists: dict[str, Any] = {name: tuple(entry[name]) for name in ("data", "hosts")}
    return SubProcessor(**(entry | lists))
