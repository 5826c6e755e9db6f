"""Until when a person or the authority must have an answer: days where the company is, no grace.

A term that ends on a weekend or holiday may by law be met on the next working day (Regulation
1182/71, art. 3(4)). Nothing here uses that: every date is the stricter one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leadlayer.core.clock import Period, add_months
from leadlayer.core.policy import policy

# Where the company is, as in accounts.ending.
ZONE = ZoneInfo("Europe/Amsterdam")
# How much of the time may be over before somebody is reminded.
REMIND_AT = (50, 75, 90)


@dataclass(frozen=True)
class AnswerDue:
    """`due` is the earlier of the two: what was promised in days, and the law's calendar month."""

    promised: date
    legal: date

    @property
    def due(self) -> date:
        return min(self.promised, self.legal)


def limit(name: str) -> Period:
    """A period of the policy's deadlines. KeyError when the policy does not say."""
    return Period.parse(policy().deadline_text[name])


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def end_of(day: date) -> datetime:
    """The first moment after a day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC)


def answer_due(received: datetime) -> AnswerDue:
    """The day of receipt is not counted; a month ends on the same date or on a shorter month's
    last (Regulation 1182/71, art. 3(1) and (2)(c))."""
    day = local_day(received)
    return AnswerDue(
        promised=day + limit("request_answer").elapsed,
        legal=_months_later(day, limit("request_legal").months),
    )


def extended(due: date, months: int) -> date:
    """Counted from the day that the answer was due. Raises ValueError for more than the law's two
    months (GDPR art. 12(3))."""
    if not 1 <= months <= limit("request_extension").months:
        message = f"an answer cannot be put off by {months} months"
        raise ValueError(message)
    return _months_later(due, months)


def may_still_extend(due: date, now: datetime) -> bool:
    """The person has to be told within the first term (GDPR art. 12(3))."""
    return now < end_of(due)


def paused(due: date, *, received: datetime, asked: datetime, answered: datetime) -> date:
    """The time that an identity was waited for does not count, if it was asked for without delay
    (EDPB guidelines 01/2022, section 5.3). Whole days only: the shorter count."""
    in_time = local_day(asked) <= local_day(received) + limit("identity_asked").elapsed
    days = max(local_day(answered) - local_day(asked) - timedelta(days=1), timedelta())
    return due + days if in_time else due


def identity_awaited_until(asked: datetime) -> datetime:
    return limit("identity_answer").after(asked)


def cooling_off_until(hours: int, *, now: datetime, due: date) -> datetime:
    """When an erasure may begin: at most the policy's hours from now, and never so late that the
    day on which the answer is due is not left to do it. Raises ValueError for more hours."""
    now, most = now.astimezone(UTC), limit("request_cooling_off").elapsed
    if not timedelta() <= timedelta(hours=hours) <= most:
        message = f"an erasure cannot wait for {hours} hours"
        raise ValueError(message)
    last = end_of(due - timedelta(days=1))
    return max(now, min(now + timedelta(hours=hours), last))


def reminders(received: datetime, due: date) -> Iterator[tuple[int, datetime]]:
    """Percentages of the time for an answer, each with the moment at which so much is over."""
    begin = received.astimezone(UTC)
    span = end_of(due) - begin
    return ((percent, begin + span * percent / 100) for percent in REMIND_AT)


def reminder_due(received: datetime, due: date, now: datetime) -> int:
    """The highest percentage that is reached; 0 before the first."""
    return max((percent for percent, at in reminders(received, due) if at <= now), default=0)


def is_overdue(due: date, now: datetime) -> bool:
    return now >= end_of(due)


def breach_notice_due(aware: datetime) -> datetime:
    """Hours that have passed, whatever clocks and weekends do (GDPR art. 33(1))."""
    return aware.astimezone(UTC) + limit("breach_notice").elapsed


def _months_later(day: date, months: int) -> date:
    return add_months(datetime.combine(day, time(), UTC), months).date()
