"""A notice to all people of an account: its kind chooses the words, so it holds no text."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Notice:
    """`shown` says for a member since when; the first time counts."""

    id: str
    kind: str
    created_at: str
    shown: Mapping[str, str] = field(default_factory=dict[str, str])
