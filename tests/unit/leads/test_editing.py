"""What staff may change of a lead, and what happens when somebody else is quicker."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem
from leadlayer.core.table import Write
from leadlayer.leads.editing import add_note, change_lead
from leadlayer.leads.model import ConsentEvidence, Lead, LeadChange, Note
from leadlayer.leads.service import subjects_of
from tests.clocks import FixedClock

RING = Keyring(bytes(range(32)))
CONTACT = {"name": "Noor", "email": "noor@example.com", "phone": "+31612345678"}
LEAD = Lead(
    id="l_1",
    site_id="s_1",
    account_id="a_1",
    created_at="t",
    visited_at="t",
    expires_at=1858586400,
    consent=ConsentEvidence(True, "1", "h", "nl", "form", "t"),
    contact=CONTACT,
    subjects=subjects_of(CONTACT, account_id="a_1", keyring=RING),
)


@dataclass
class FakeDesk:
    lead: Lead | None = LEAD
    in_the_way: int = 0
    changes: list[Lead] = field(default_factory=list)
    has_room: bool = True

    def find(self, site_id: str, lead_id: str) -> Lead | None:
        return self.lead

    def change(self, before: Lead, after: Lead) -> bool:
        if self.lead != before or self.in_the_way > 0:
            self.in_the_way -= 1
            return False
        self.lead = after
        self.changes.append(after)
        return True

    def add_note(self, lead: Lead, note: Note, *, follows: Sequence[Write] = ()) -> bool:
        return self.lead is not None and self.has_room


def change(desk: FakeDesk, before: Lead = LEAD, **values: object) -> Lead:
    return change_lead(
        before,
        LeadChange.model_validate(values),
        country="NL",
        is_colleague=lambda member: member == "m_1",
        desk=desk,
        keyring=RING,
    )


def refusal(desk: FakeDesk, **values: object) -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        change(desk, **values)
    return caught.value.status, caught.value.code


def test_only_what_is_given_changes_and_a_number_gets_its_one_spelling():
    after = change(FakeDesk(), phone="06 87654321", state="open", assigned_to="m_1")

    assert after.contact == CONTACT | {"phone": "+31687654321"}
    assert (after.state, after.assigned_to) == ("open", "m_1")
    assert after.subjects == subjects_of(after.contact, account_id="a_1", keyring=RING)
    assert replace(after, contact=LEAD.contact, subjects=LEAD.subjects, state="new") == replace(
        LEAD, assigned_to="m_1"
    )


def test_null_empties_a_field_and_takes_the_lead_from_a_colleague_but_a_state_stays():
    mine = replace(LEAD, assigned_to="m_1")
    after = change(FakeDesk(mine), mine, name=None, assigned_to=None, state=None)

    assert after.contact == {"email": CONTACT["email"], "phone": CONTACT["phone"]}
    assert (after.assigned_to, after.state) == (None, "new")


def test_nothing_to_change_is_no_write():
    desk = FakeDesk()

    assert change(desk, name="Noor", email="NOOR@example.com") == LEAD
    assert change(desk) == LEAD
    assert desk.changes == []


def test_a_lead_stays_reachable_and_goes_to_colleagues_only():
    desk = FakeDesk()

    assert refusal(desk, email=None, phone=None) == (422, "contact_missing")
    assert refusal(desk, assigned_to="m_2") == (422, "invalid_request")
    assert refusal(desk, phone="1" * 30) == (422, "invalid_request")
    assert desk.changes == []


def test_an_edit_is_made_upon_what_somebody_else_just_wrote():
    desk = FakeDesk(replace(LEAD, contact=CONTACT | {"city": "Ede"}))

    assert change(desk, name="Bo").contact == CONTACT | {"city": "Ede", "name": "Bo"}


def test_a_lead_that_is_gone_is_missing_and_one_that_never_rests_is_busy():
    assert refusal(FakeDesk(None), name="Bo") == (404, "not_found")
    assert refusal(FakeDesk(in_the_way=99), name="Bo") == (409, "lead_busy")


def test_a_note_is_dated_and_signed_or_refused():
    clock = FixedClock()

    def note(desk: FakeDesk) -> Note:
        return add_note(LEAD, "Belt", author="m_1", desk=desk, clock=clock, new_id=lambda: "n_1")

    assert note(FakeDesk()) == Note("n_1", "m_1", "Belt", "2026-11-23T10:00:00Z")
    for desk, expected in ((FakeDesk(None), 404), (FakeDesk(has_room=False), 409)):
        with pytest.raises(Problem) as caught:
            note(desk)
        assert caught.value.status == expected
