"""A terminated account stays until the end of its last day, whatever the clocks did in between."""

import pytest

from leadlayer.accounts.ending import last_second
from leadlayer.core.clock import iso


@pytest.mark.parametrize(
    ("terminated_at", "until"),
    [
        # Winter all the way: 21 February ends at 23:00 UTC.
        ("2026-11-23T10:00:00Z", "2027-02-21T22:59:59Z"),
        # It is the 24th in Amsterdam already.
        ("2026-11-23T23:30:00Z", "2027-02-22T22:59:59Z"),
        # From winter into summer and back.
        ("2026-02-01T12:00:00Z", "2026-05-02T21:59:59Z"),
        ("2026-08-01T12:00:00Z", "2026-10-30T22:59:59Z"),
    ],
)
def test_the_last_second_is_that_of_the_ninetieth_day_in_amsterdam(terminated_at, until):
    assert iso(last_second(terminated_at)) == until
