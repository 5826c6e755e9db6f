"""How fast one caller may go: much at once, then as it refills, and nobody pays for another."""

import pytest

from leadlayer.console.pace import MOST, Pace
from leadlayer.core.errors import Problem
from tests.clocks import FixedClock


def let_in(pace: Pace, times: int, *, account: str = "a_1", actor: str = "member:m_1") -> int:
    """How many of so many requests."""
    count = 0
    for _ in range(times):
        try:
            pace.check(account, actor)
        except Problem:
            continue
        count += 1
    return count


def test_six_hundred_at_once_and_no_more():
    assert MOST == 600
    assert let_in(Pace(FixedClock()), 700) == 600


def test_it_refills_within_ten_minutes_and_not_beyond():
    clock = FixedClock()
    pace = Pace(clock)
    let_in(pace, 600)

    clock.advance(seconds=10)
    assert let_in(pace, 50) == 10
    clock.advance(minutes=10)
    assert let_in(pace, 700) == 600
    clock.advance(hours=3)
    assert let_in(pace, 700) == 600


@pytest.mark.parametrize(
    "other", [{"actor": "key:k_1"}, {"account": "a_2"}], ids=["a key", "an account"]
)
def test_who_is_too_fast_slows_nobody_else(other: dict[str, str]):
    pace = Pace(FixedClock())
    let_in(pace, 700)

    assert let_in(pace, 1, **other) == 1


def test_it_is_told_when_to_come_back():
    pace = Pace(FixedClock())
    let_in(pace, 600)

    with pytest.raises(Problem) as refused:
        pace.check("a_1", "member:m_1")
    problem = refused.value
    assert (problem.status, problem.code) == (429, "too_many_requests")
    assert problem.headers()["Retry-After"] == "1"


def test_very_many_callers_do_not_fill_the_memory():
    pace = Pace(FixedClock())
    for number in range(12_000):
        pace.check("a_1", f"key:{number}")

    assert len(pace._buckets) <= 5_001
