"""How long a promise lasts: calendar months are clamped, other periods are elapsed time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.clock import Period, add_months, epoch, iso, to_hour, utc_now

# The vectors of the specification (P07).
MONTHS_24 = [
    ("2026-11-23T10:00:00", "2028-11-23T10:00:00"),
    ("2026-03-01T00:00:00", "2028-03-01T00:00:00"),
    ("2026-02-28T00:00:00", "2028-02-28T00:00:00"),
    ("2024-02-29T12:30:00", "2026-02-28T12:30:00"),
    ("2028-02-29T00:00:00", "2030-02-28T00:00:00"),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def two_years_of_730_days(moment: datetime) -> datetime:
    return moment + timedelta(days=730)


@pytest.mark.parametrize(("start", "end"), MONTHS_24)
def test_24_months_end_on_the_same_day_or_the_last_of_a_shorter_month(start, end):
    assert Period.parse("P24M").after(utc(start)) == utc(end)


def test_the_vectors_would_catch_months_that_are_counted_in_days():
    wrong = [start for start, end in MONTHS_24 if two_years_of_730_days(utc(start)) != utc(end)]
    assert wrong


def test_a_lead_of_the_specification_expires_at_second_1858586400():
    start = datetime.fromtimestamp(1795428000, UTC)
    assert start == utc("2026-11-23T10:00:00")
    assert Period.parse("P24M").expiry(start) == 1858586400


def test_months_are_counted_in_utc_wherever_the_moment_was_written():
    amsterdam = timezone(timedelta(hours=1))
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=amsterdam)  # still February in UTC
    assert Period.parse("P24M").after(moment) == datetime(2028, 2, 28, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "elapsed"),
    [
        ("P90D", timedelta(days=90)),
        ("PT72H", timedelta(hours=72)),
        ("PT10M", timedelta(minutes=10)),
        ("P1DT1H30M", timedelta(days=1, hours=1, minutes=30)),
    ],
)
def test_days_hours_and_minutes_are_elapsed_time(text, elapsed):
    assert Period.parse(text) == Period(0, elapsed)


def test_minutes_are_not_taken_for_months():
    assert Period.parse("PT10M").months == 0
    assert Period.parse("P10M").months == 10


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "24M", "P24", "P1Y", "P1W", "P-1D", "P1.5D", " P1D", "P1D\n", "p1d"]
)
def test_anything_that_is_not_a_period_is_refused(text):
    with pytest.raises(ValueError, match="not an ISO 8601 period"):
        Period.parse(text)


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001
    st.integers(0, 600),
)
def test_months_never_skip_a_month_and_never_move_the_time_of_day(moment, months):
    later = add_months(moment, months)
    assert later.year * 12 + later.month == moment.year * 12 + moment.month + months
    assert later.time() == moment.time()
    assert later.day <= moment.day


def test_an_epoch_is_a_whole_number_of_seconds_cut_down():
    moment = datetime(2026, 11, 23, 10, 0, 0, 999_999, tzinfo=UTC)
    assert epoch(moment) == 1795428000
    assert type(epoch(moment)) is int


def test_a_visit_is_cut_to_the_hour_in_utc():
    moment = datetime(2026, 11, 23, 11, 59, 59, tzinfo=timezone(timedelta(hours=1)))
    assert to_hour(moment) == "2026-11-23T10:00:00Z"
    assert iso(moment) == "2026-11-23T10:59:59Z"


def test_now_knows_its_zone():
    assert utc_now().tzinfo is UTC
