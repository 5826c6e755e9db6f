"""Until when a terminated account can be exported and come back, and from when it has to go."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from leadlayer.core.clock import epoch
from leadlayer.core.policy import retention

# The days are counted where the company is; Lambda's system has the time zones since January 2024
# (github.com/amazonlinux/amazon-linux-2023, issue 615).
_ZONE = "Europe/Amsterdam"


def last_second(terminated_at: str) -> datetime:
    """The end of the last day, in the company's own time."""
    zone = ZoneInfo(_ZONE)
    ended = datetime.fromisoformat(terminated_at).astimezone(zone)
    # Dates, not hours: 90 days later it may be another time of the year.
    day_after = (ended.date() + retention("account_after_termination").elapsed) + timedelta(days=1)
    return datetime.combine(day_after, time(), zone) - timedelta(seconds=1)


def purge_second(terminated_at: str) -> int:
    """The first second after it."""
    return epoch(last_second(terminated_at)) + 1
