"""Decides how fast one member or key may go: a program that runs wild must not starve the others.

Counted in this container alone, since a count in the table would cost a write for each request. So
the promise is weak: as many times as much as there are containers. API Gateway's throttle is the
hard limit, and that one is everybody's.
"""

from dataclasses import dataclass

from leadlayer.core.clock import Clock, epoch
from leadlayer.core.errors import Problem

# So many at once, and as many again in ten minutes.
MOST = 600
SECONDS = 600
_MOST_REMEMBERED = 5_000


@dataclass(frozen=True)
class _Bucket:
    left: float
    at: int


class Pace:
    """A token bucket for each caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def check(self, account_id: str, actor: str) -> None:
        """Counts the request. Raises Problem 429 with the seconds until the next one may come."""
        now = epoch(self._clock())
        if len(self._buckets) > _MOST_REMEMBERED:
            self._buckets.clear()
        before = self._buckets.get((account_id, actor), _Bucket(MOST, now))
        left = min(MOST, before.left + (now - before.at) * MOST / SECONDS)
        if left < 1:
            raise _too_fast()
        self._buckets[account_id, actor] = _Bucket(left - 1, now)


def _too_fast() -> Problem:
    return Problem(
        429,
        "too_many_requests",
        "Too many requests; try again later.",
        retry_after_s=SECONDS // MOST,
    )
