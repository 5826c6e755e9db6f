"""The audit log is a chain: whatever is changed, removed, moved or added to it afterwards shows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.audit.model import NOTHING, Entry, Head
from leadlayer.audit.service import AuditLog, NotEntered, verified
from tests.clocks import START, FixedClock
from tests.fakes.audit import EntriesInMemory

WHO = {"actor": "member:m_1", "role": "agent"}


def log_of(entries: EntriesInMemory, clock: FixedClock, pauses: list[float] | None = None):
    sleep = (pauses if pauses is not None else []).append
    return AuditLog(entries, clock, sleep=sleep, jitter=lambda: 0.5)


def filled(count: int = 5, *, hours_between: int = 1) -> EntriesInMemory:
    entries, clock = EntriesInMemory(), FixedClock()
    log = log_of(entries, clock)
    for number in range(count):
        log.record("a_1", action="leads.read", target=f"s_1/l_{number}", outcome="allowed", **WHO)
        clock.advance(hours=hours_between)
    return entries


def broken_at(entries: EntriesInMemory, head: Head, now=START) -> int | None:
    return verified(entries.entries, head=head, now=now).broken_at


def test_each_entry_follows_exactly_one_other():
    entries = filled(3).entries

    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert entries[0].previous == ""
    assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:2]]


def test_an_untouched_log_is_intact():
    entries = filled()
    report = log_of(entries, FixedClock()).verify("a_1")

    assert (report.entries, report.intact) == (5, True)


def test_an_empty_log_is_intact():
    assert verified([], head=NOTHING, now=START).intact


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize(
    "change",
    [
        {"actor": "member:m_2"},
        {"role": "owner"},
        {"action": "leads.delete"},
        {"target": "s_1/l_9"},
        {"outcome": "denied"},
        {"call": "DELETE /v1/leads"},
        {"at": "2026-11-23T09:59:59Z"},
        {"expires_at": 1},
        {"previous_at": "2020-01-01T00:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_entry_shows(at: int, change: dict):
    entries = filled()
    head = entries.head("a_1")
    entries.entries[at] = replace(entries.entries[at], **change)

    assert broken_at(entries, head) == at + 1


@pytest.mark.parametrize("at", range(5))
def test_a_changed_entry_with_a_new_hash_shows_at_the_one_after_it_or_at_the_end(at: int):
    entries = filled()
    head = entries.head("a_1")
    entries.entries[at] = replace(entries.entries[at], actor="member:m_2").sealed()

    assert broken_at(entries, head) == min(at + 2, 6)


@pytest.mark.parametrize("at", range(5))
def test_a_removed_entry_shows(at: int):
    entries = filled()
    head = entries.head("a_1")
    del entries.entries[at]

    assert broken_at(entries, head) == at + 1


@given(st.permutations(range(5)).filter(lambda order: list(order) != [0, 1, 2, 3, 4]))
def test_a_changed_order_shows(order: list[int]):
    entries = filled()
    head = entries.head("a_1")
    entries.entries = [entries.entries[at] for at in order]

    assert broken_at(entries, head) is not None


def test_a_forged_entry_at_the_end_shows():
    entries = filled()
    head = entries.head("a_1")
    last = entries.entries[-1]
    forged = replace(last, seq=6, previous=last.hash, previous_at=last.at, target="s_1/l_9")
    entries.entries.append(forged.sealed())

    assert broken_at(entries, head) is not None


def test_a_forged_entry_in_the_middle_shows():
    entries = filled()
    head = entries.head("a_1")
    entries.entries.insert(2, replace(entries.entries[2], target="s_1/l_9").sealed())

    assert broken_at(entries, head) == 4


@pytest.mark.parametrize("kept", range(5))
def test_a_cut_off_end_shows(kept: int):
    entries = filled()
    head = entries.head("a_1")
    del entries.entries[kept:]

    assert broken_at(entries, head) == kept + 1


def expired_at(entry: Entry):
    return START.fromtimestamp(entry.expires_at, START.tzinfo)


def test_a_beginning_that_has_expired_is_no_tampering():
    entries = filled()
    head = entries.head("a_1")
    now = expired_at(entries.entries[2])
    entries.entries = [entry for entry in entries.entries if expired_at(entry) > now]

    assert len(entries.entries) == 2
    assert verified(entries.entries, head=head, now=now).intact


def test_a_beginning_that_was_removed_a_second_too_early_shows():
    entries = filled()
    head = entries.head("a_1")
    now = expired_at(entries.entries[2]) - timedelta(seconds=1)
    del entries.entries[:3]

    assert broken_at(entries, head, now) == 1


def test_a_log_that_has_wholly_expired_is_intact_and_one_that_was_emptied_is_not():
    entries = filled()
    head = entries.head("a_1")
    over = expired_at(entries.entries[-1])

    assert verified([], head=head, now=over).intact
    assert not verified([], head=head, now=over - timedelta(seconds=1)).intact


def test_a_time_that_cannot_be_read_excuses_nothing():
    entries = filled(2)
    head = entries.head("a_1")
    entries.entries[1] = replace(entries.entries[1], previous_at="soon").sealed()
    del entries.entries[0]

    assert broken_at(entries, head) == 1


def test_twin_a_check_of_hashes_alone_would_miss_a_removed_entry():
    entries = filled()
    head = entries.head("a_1")
    del entries.entries[2]

    assert all(entry.hash == entry.digest() for entry in entries.entries)
    assert broken_at(entries, head) == 3


def test_twin_a_check_of_links_alone_would_miss_a_changed_entry():
    entries = filled()
    head = entries.head("a_1")
    entries.entries[2] = replace(entries.entries[2], actor="member:m_2")

    pairs = zip(entries.entries, entries.entries[1:], strict=False)
    assert all(after.previous == before.hash for before, after in pairs)
    assert broken_at(entries, head) == 3


def test_who_loses_a_race_is_entered_behind_the_winner_after_a_pause():
    entries, pauses = EntriesInMemory(rivals=3), []
    log = log_of(entries, FixedClock(), pauses)

    log.record("a_1", action="people", target="", outcome="denied", **WHO)

    assert len(entries.entries) == 1
    assert pauses == [0.005, 0.01, 0.02]


def test_who_loses_every_race_is_told_so_and_does_not_wait_for_ever():
    entries, pauses = EntriesInMemory(rivals=1000), []
    log = log_of(entries, FixedClock(), pauses)

    with pytest.raises(NotEntered):
        log.record("a_1", action="people", target="", outcome="denied", **WHO)

    assert sum(pauses) < 2


def test_an_entry_ends_after_twelve_calendar_months():
    (entry,) = filled(1).entries

    assert expired_at(entry) == START.replace(year=2027)
