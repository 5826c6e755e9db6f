"""Every date of the promises: 30 days or a month, extensions, pauses, reminders, 72 hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlayer.core import deadlines

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
START = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 40 * 365 * 86_400).map(lambda second: START + timedelta(seconds=second))
ANSWERS = [
    ("2026-01-29", "2026-02-28"), ("2026-01-30", "2026-02-28"), ("2026-01-31", "2026-02-28"),
    ("2026-03-05", "2026-04-04"), ("2026-08-31", "2026-09-30"), ("2026-11-26", "2026-12-26"),
    ("2026-12-01", "2026-12-31"), ("2027-01-31", "2027-02-28"), ("2028-01-31", "2028-02-29"),
    ("2027-02-26", "2027-03-26"), ("2027-03-27", "2027-04-26"),
]  # fmt: skip


@pytest.mark.parametrize(("received", "due"), ANSWERS)
@pytest.mark.parametrize("clock", ["00:00:00", "12:00:00", "23:59:59"])
def test_an_answer_is_due_on_the_earlier_of_30_days_and_a_month(
    received: str, due: str, clock: str
):
    moment = datetime.fromisoformat(f"{received}T{clock}").replace(tzinfo=AMSTERDAM)

    assert deadlines.answer_due(moment).due == date.fromisoformat(due)


def test_twin_30_days_alone_would_be_late_in_february():
    term = deadlines.answer_due(datetime(2026, 1, 30, 12, tzinfo=UTC))

    assert (term.promised, term.legal) == (date(2026, 3, 1), date(2026, 2, 28))
    assert term.due < term.promised


def test_twin_a_month_alone_would_break_the_promise_of_30_days():
    term = deadlines.answer_due(datetime(2026, 12, 1, 12, tzinfo=UTC))

    assert (term.promised, term.legal) == (date(2026, 12, 31), date(2027, 1, 1))
    assert term.due < term.legal


def test_the_day_of_receipt_is_that_of_amsterdam():
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert deadlines.local_day(late) == date(2027, 1, 1)
    assert deadlines.answer_due(late) == deadlines.answer_due(late + timedelta(hours=1))
    assert deadlines.answer_due(late).due == date(2027, 1, 31)


@given(MOMENTS)
@settings(max_examples=200)
def test_no_answer_is_due_later_than_30_days_or_a_month_or_earlier_than_28_days(moment: datetime):
    day = deadlines.local_day(moment)
    due = deadlines.answer_due(moment).due

    assert timedelta(days=28) <= due - day <= timedelta(days=30)
    assert (due.month - day.month) % 12 <= 1


@given(MOMENTS, st.sampled_from([1, 2]))
@settings(max_examples=200)
def test_an_extension_stays_within_three_calendar_months(moment: datetime, months: int):
    term = deadlines.answer_due(moment)
    law = deadlines.extended(term.legal, months)
    day = deadlines.local_day(moment)

    assert term.due < deadlines.extended(term.due, months) <= law
    assert (law.year - day.year) * 12 + law.month - day.month == months + 1


@pytest.mark.parametrize("months", [0, 3, -1])
def test_no_extension_is_longer_than_two_months(months: int):
    with pytest.raises(ValueError, match="cannot be put off"):
        deadlines.extended(date(2026, 12, 26), months)


def test_an_extension_can_be_told_until_the_due_day_is_over():
    end = datetime(2026, 12, 26, 23, 0, tzinfo=UTC)

    assert deadlines.end_of(date(2026, 12, 26)) == end
    assert deadlines.may_still_extend(date(2026, 12, 26), end - timedelta(seconds=1))
    assert not deadlines.may_still_extend(date(2026, 12, 26), end)


@pytest.mark.parametrize(
    ("asked", "answered", "days"),
    [(0, 0, 0), (0, 1, 0), (0, 2, 1), (3, 13, 9), (4, 14, 0)],
)
def test_only_whole_days_of_waiting_for_an_identity_asked_in_time_stop_the_clock(
    asked: int, answered: int, days: int
):
    received = datetime(2026, 11, 23, 10, tzinfo=UTC)
    due = deadlines.paused(
        date(2026, 12, 23),
        received=received,
        asked=received + timedelta(days=asked),
        answered=received + timedelta(days=answered),
    )

    assert due == date(2026, 12, 23) + timedelta(days=days)


@given(MOMENTS, st.integers(0, 72), st.integers(0, 40))
@settings(max_examples=200)
def test_cooling_off_ends_within_72_hours_and_leaves_the_due_day(
    received: datetime, hours: int, later: int
):
    due = deadlines.answer_due(received).due
    now = received + timedelta(days=later)
    until = deadlines.cooling_off_until(hours, now=now, due=due)

    assert now <= until <= now + timedelta(hours=72)
    assert until == now or deadlines.local_day(until) <= due
    assert until == now or until <= deadlines.end_of(due - timedelta(days=1))


@pytest.mark.parametrize("hours", [-1, 73])
def test_no_erasure_waits_for_longer_than_72_hours(hours: int):
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="cannot wait"):
        deadlines.cooling_off_until(hours, now=now, due=date(2026, 12, 23))


@given(MOMENTS)
@settings(max_examples=100)
def test_reminders_come_in_order_before_the_day_is_over(received: datetime):
    due = deadlines.answer_due(received).due
    moments = [at for _, at in deadlines.reminders(received, due)]

    assert moments == sorted(moments)
    assert received < moments[0] < moments[-1] < deadlines.end_of(due)
    for percent, at in deadlines.reminders(received, due):
        assert deadlines.reminder_due(received, due, at) == percent
        assert deadlines.reminder_due(received, due, at - timedelta(seconds=1)) < percent


def test_overdue_begins_when_the_day_is_over_in_amsterdam():
    end = datetime(2027, 3, 27, 23, 0, tzinfo=UTC)

    assert not deadlines.is_overdue(date(2027, 3, 27), end - timedelta(seconds=1))
    assert deadlines.is_overdue(date(2027, 3, 27), end)
    # The next day has 23 hours: the clocks go forward.
    assert deadlines.is_overdue(date(2027, 3, 28), end + timedelta(hours=23))


@pytest.mark.parametrize(
    ("aware", "due"),
    [
        ("2027-03-26T18:00", "2027-03-29T19:00"),
        ("2027-10-29T18:00", "2027-11-01T17:00"),
    ],
)
def test_72_hours_are_hours_that_have_passed(aware: str, due: str):
    known, end = (datetime.fromisoformat(at).replace(tzinfo=AMSTERDAM) for at in (aware, due))

    assert deadlines.breach_notice_due(known) == end


def test_twin_three_days_on_the_wall_clock_are_not_72_hours():
    aware = datetime(2027, 3, 26, 18, tzinfo=AMSTERDAM)

    assert deadlines.breach_notice_due(aware) != aware + timedelta(days=3)


@given(MOMENTS)
@settings(max_examples=100)
def test_72_hours_are_elapsed_whatever_the_clocks_do(moment: datetime):
    local = moment.astimezone(AMSTERDAM)

    assert deadlines.breach_notice_due(local) - moment == timedelta(hours=72)
