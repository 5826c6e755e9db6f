"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

# The first vector of the specification: 24 months later is 1858586400.
START = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


class FixedClock:
    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)
