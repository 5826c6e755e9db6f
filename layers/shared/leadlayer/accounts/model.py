"""A customer's account and the people in it."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["owner", "admin", "agent", "viewer", "privacy_officer"]


@dataclass(frozen=True)
class Account:
    id: str
    name: str
    state: Literal["active", "terminated"] = "active"


@dataclass(frozen=True)
class Member:
    id: str
    account_id: str
    email: str
    role: Role
    language: str = "en"
