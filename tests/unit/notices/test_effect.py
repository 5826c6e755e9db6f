"""A change holds once everybody has had their days, counted from each one's first showing."""

from datetime import UTC, datetime, timedelta

import pytest

from leadlayer.notices.model import Notice
from leadlayer.notices.service import earliest_effect

FIRST = datetime(2026, 11, 1, 9, 0, 0, tzinfo=UTC)
LAST = datetime(2026, 11, 3, 17, 30, 0, tzinfo=UTC)


def notice(**shown: datetime) -> Notice:
    times = {member: at.strftime("%Y-%m-%dT%H:%M:%SZ") for member, at in shown.items()}
    return Notice("n_1", "policy", "2026-11-01T08:00:00Z", times)


def test_the_days_begin_when_the_last_one_has_seen_it():
    seen = notice(m_1=FIRST, m_2=LAST)

    assert earliest_effect(seen, ["m_1", "m_2"]) == LAST + timedelta(days=14)


def test_nothing_holds_while_one_has_not_seen_it():
    assert earliest_effect(notice(m_1=FIRST), ["m_1", "m_2"]) is None


def test_nothing_holds_for_an_account_of_nobody():
    assert earliest_effect(notice(m_1=FIRST), []) is None


@pytest.mark.parametrize("people", [["m_1"], iter(["m_1"])])
def test_who_has_left_since_is_not_waited_for(people):
    assert earliest_effect(notice(m_1=FIRST, m_gone=LAST), people) == FIRST + timedelta(days=14)
