"""A page view: one number that goes up, and nothing that could tell who looked."""

from dataclasses import dataclass

KIND = "view_counter"
COUNTER = "views"
OTHER = "(other)"
# Shards that a site too busy for one partition spills into (1 000 writes a second each).
SHARDS = 8


@dataclass(frozen=True)
class SiteFacts:
    """What counting needs to know of a site."""

    pixel_mode: str
    is_collecting: bool


@dataclass(frozen=True)
class Ping:
    site_id: str
    path: str
    has_consent: bool = False
    opts_out: bool = False
