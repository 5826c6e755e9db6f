"""Identifiers: time-ordered, well formed, never the same twice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.ids import ulid

MOMENT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
# Between these the 48 bits of a ULID's time are in use and stay ordered.
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001  # hypothesis wants naive bounds
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(MOMENTS)
def test_every_ulid_has_26_characters_of_crockfords_alphabet(moment):
    made = ulid(moment)
    assert len(made) == 26
    assert set(made) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@given(MOMENTS, st.integers(1, 10**9))
def test_ulids_sort_by_the_millisecond_they_were_made_in(moment, milliseconds):
    assert ulid(moment) < ulid(moment + timedelta(milliseconds=milliseconds))


@given(st.datetimes(max_value=datetime(1969, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_before_1970_has_no_ulid(moment):
    with pytest.raises(ValueError, match="before 1970"):
        ulid(moment)


def test_the_time_part_is_the_one_of_the_specification():
    # 01ARYZ6S41 is the time part of ulid/spec's example for 1469918176385.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=1469918176385)
    assert ulid(moment)[:10] == "01ARYZ6S41"


def test_two_ulids_of_one_moment_differ():
    assert len({ulid(MOMENT) for _ in range(1000)}) == 1000
