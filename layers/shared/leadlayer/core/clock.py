"""What time it is, and how long a policy's period lasts: calendar months, days or hours."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_ISO_PERIOD = re.compile(
    r"P(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?"
)


def utc_now() -> datetime:
    return datetime.now(UTC)


def epoch(moment: datetime) -> int:
    """Whole seconds since 1970, the only form DynamoDB's TTL understands."""
    return int(moment.timestamp())


def to_hour(moment: datetime) -> str:
    """The approximate visit time of the policy: UTC, cut to the hour."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_months(moment: datetime, months: int) -> datetime:
    """The same day `months` later, clamped to the last day of a shorter month."""
    year, month_index = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month_index + 1)[1]
    return moment.replace(year=year, month=month_index + 1, day=min(moment.day, last_day))


@dataclass(frozen=True)
class Period:
    """An ISO 8601 period: calendar months first, then elapsed time."""

    months: int
    elapsed: timedelta

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Raises ValueError for anything but months, days, hours, minutes, or an empty period."""
        match = _ISO_PERIOD.fullmatch(text)
        if match is None or not any(match.groups()):
            message = f"not an ISO 8601 period of months, days, hours or minutes: {text}"
            raise ValueError(message)
        parts = {name: int(value or 0) for name, value in match.groupdict().items()}
        months = parts.pop("months")
        return cls(months, timedelta(**parts))

    def after(self, moment: datetime) -> datetime:
        return add_months(moment.astimezone(UTC), self.months) + self.elapsed

    def expiry(self, moment: datetime) -> int:
        """The epoch second from which an item kept since `moment` is gone."""
        return epoch(self.after(moment))
