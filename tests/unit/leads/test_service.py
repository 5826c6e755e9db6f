"""Whether a lead may be stored, and what then is kept of it; the store is a list."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from leadlayer.core.crypto import Keyring, text_hash
from leadlayer.core.errors import Problem
from leadlayer.leads.model import ConsentForm, Lead, LeadForm, SiteRules, Wanted
from leadlayer.leads.service import capture_lead, from_form
from tests.clocks import START, FixedClock

RING = Keyring(bytes(range(32)))
TEXT = "De winkel mag mij bellen."
RULES = SiteRules(
    site_id="s_1",
    account_id="a_1",
    country="NL",
    asked_fields=frozenset({"name", "email", "phone", "city", "message"}),
    required_fields=frozenset(),
    consent_text=TEXT,
    consent_version="7",
    consent_required=True,
)
YES = ConsentForm(given=True, version="7")
WANTED = Wanted(
    contact={"email": "Noor@Example.com", "phone": "06 12345678", "name": "Noor"},
    consent=YES,
    language="nl",
    method="form",
)


@dataclass
class FakeLeads:
    stored: list[Lead] = field(default_factory=list)
    retries: list[tuple[str, str] | None] = field(default_factory=list)

    before: str | None = None

    def stored_before(self, site_id: str, retry: tuple[str, str]) -> str | None:
        return self.before

    def add(self, lead: Lead, *, retry: tuple[str, str] | None) -> str:
        self.stored.append(lead)
        self.retries.append(retry)
        return lead.id


def capture(wanted: Wanted = WANTED, *, site: SiteRules = RULES, now: datetime = START) -> Lead:
    leads = FakeLeads()
    capture_lead(
        wanted, site=site, leads=leads, keyring=RING, clock=FixedClock(now), new_id=lambda: "L1"
    )
    (lead,) = leads.stored
    return lead


def refusal(wanted: Wanted, *, site: SiteRules = RULES) -> tuple[int, str]:
    leads = FakeLeads()
    with pytest.raises(Problem) as refused:
        capture_lead(
            wanted, site=site, leads=leads, keyring=RING, clock=FixedClock(), new_id=lambda: "L1"
        )
    assert leads.stored == []
    return refused.value.status, refused.value.code


@pytest.mark.parametrize("consent", [None, ConsentForm(given=False, version="7")])
def test_without_the_required_consent_nothing_is_stored(consent):
    assert refusal(replace(WANTED, consent=consent)) == (422, "consent_required")


def test_a_no_to_an_older_text_is_still_a_no():
    no = ConsentForm(given=False, version="6")
    assert refusal(replace(WANTED, consent=no)) == (422, "consent_required")


@pytest.mark.parametrize("version", ["6", "8", "07", "7.", "v7"])
def test_consent_to_another_text_is_not_consent(version):
    wanted = replace(WANTED, consent=ConsentForm(given=True, version=version))
    assert refusal(wanted) == (409, "consent_version_outdated")


@pytest.mark.parametrize("consent", [None, ConsentForm(given=False, version="7")])
def test_where_consent_is_not_required_the_evidence_says_that_none_was_given(consent):
    site = replace(RULES, consent_required=False)
    assert capture(replace(WANTED, consent=consent), site=site).consent.given is False


def test_consent_to_another_text_is_refused_even_where_none_is_required():
    site = replace(RULES, consent_required=False)
    wanted = replace(WANTED, consent=ConsentForm(given=True, version="6"))
    assert refusal(wanted, site=site) == (409, "consent_version_outdated")


def test_the_evidence_holds_which_text_when_how_and_nothing_of_the_device():
    evidence = capture(replace(WANTED, widget_version="1.0.0")).consent
    assert vars(evidence) == {
        "given": True,
        "version": "7",
        "text_hash": text_hash(TEXT),
        "language": "nl",
        "method": "form",
        "at": "2026-11-23T10:00:00Z",
        "widget_version": "1.0.0",
    }


@pytest.mark.parametrize("contact", [{}, {"name": "Noor"}, {"city": "Utrecht", "message": "Bel!"}])
def test_somebody_who_cannot_be_reached_is_not_stored(contact):
    assert refusal(replace(WANTED, contact=contact)) == (422, "contact_missing")


@pytest.mark.parametrize("contact", [{"email": "a@example.com"}, {"phone": "0612345678"}])
def test_one_way_to_reach_somebody_is_enough(contact):
    assert len(capture(replace(WANTED, contact=contact)).subjects) == 1


def test_an_impossible_number_is_refused():
    wanted = replace(WANTED, contact={"phone": "+999 12345678"})
    assert refusal(wanted) == (422, "invalid_request")


def test_consent_is_asked_before_anything_is_said_about_the_contact_details():
    wanted = replace(WANTED, contact={"phone": "+999 12345678"}, consent=None)
    assert refusal(wanted) == (422, "consent_required")


def test_contact_details_are_kept_in_their_one_spelling():
    lead = capture()
    assert lead.contact == {"email": "noor@example.com", "phone": "+31612345678", "name": "Noor"}
    assert lead.subjects == (
        RING.subject("a_1", "noor@example.com"),
        RING.subject("a_1", "+31612345678"),
    )


def test_one_person_is_the_same_subject_at_every_site_of_a_customer_and_at_no_other_customer():
    here = capture().subjects
    assert capture(site=replace(RULES, site_id="s_2")).subjects == here
    assert not set(capture(site=replace(RULES, account_id="a_2")).subjects) & set(here)


def test_a_lead_expires_24_calendar_months_after_it_came():
    assert START.timestamp() == 1795428000
    assert capture().expires_at == 1858586400


def test_the_vector_would_see_another_period():
    assert capture(site=replace(RULES, retention_months=23)).expires_at != 1858586400


@pytest.mark.parametrize(("months", "expected"), [(1, 1798020000), (24, 1858586400),
                                                  (25, 1858586400), (600, 1858586400)])  # fmt: skip
def test_a_customer_can_shorten_the_period_and_never_lengthen_it(months, expected):
    assert capture(site=replace(RULES, retention_months=months)).expires_at == expected


def test_the_time_of_the_visit_is_cut_to_the_hour():
    lead = capture(now=datetime(2026, 11, 23, 10, 59, 59, tzinfo=UTC))
    assert lead.visited_at == "2026-11-23T10:00:00Z"
    assert lead.created_at == "2026-11-23T10:59:59Z"


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (None, None),
        ("/fietsen/stadsfiets", "/fietsen/stadsfiets"),
        ("/fietsen?email=canary@example.com#canary", "/fietsen"),
        ("https://shop.example/a?canary=1", "/a"),
        ("/klant/canary@example.com", "/klant/:id"),
        ("", "/"),
    ],
)
def test_of_the_page_only_a_path_without_identifiers_is_kept(page, kept):
    assert capture(replace(WANTED, page=page)).page == kept


def test_the_store_gets_the_retry_and_its_answer_is_the_callers():
    class Stored(FakeLeads):
        def add(self, lead: Lead, *, retry: tuple[str, str] | None) -> str:
            super().add(lead, retry=retry)
            return "L0"

    leads = Stored()
    answered = capture_lead(
        WANTED, site=RULES, leads=leads, keyring=RING, clock=FixedClock(), new_id=lambda: "L1",
        retry=("k", "b"),
    )  # fmt: skip
    assert answered == "L0"
    assert leads.retries == [("k", "b")]


def test_a_retry_of_a_stored_lead_is_answered_although_the_consent_text_has_changed():
    leads = FakeLeads(before="L0")
    site = replace(RULES, consent_version="next")

    answered = capture_lead(
        WANTED, site=site, leads=leads, keyring=RING, clock=FixedClock(), new_id=lambda: "L1",
        retry=("k", "b"),
    )  # fmt: skip

    assert answered == "L0"
    assert leads.stored == []


FORM = LeadForm(name="Noor", email="noor@example.com", consent=YES, page="/x", conversation="c1",
                token="t", widget_version="1.0.0", language="de")  # fmt: skip


def test_the_form_becomes_a_wish_without_its_token():
    wanted = from_form(FORM, site=RULES, language="nl")
    assert wanted == Wanted(
        contact={"name": "Noor", "email": "noor@example.com"},
        consent=YES,
        language="nl",
        method="form",
        page="/x",
        conversation_id="c1",
        widget_version="1.0.0",
    )


@pytest.mark.parametrize(
    ("required", "missing"),
    [({"phone"}, ["phone"]), ({"email"}, []), ({"message", "city"}, ["city", "message"])],
)
def test_every_missing_required_field_is_named(required, missing):
    site = replace(RULES, required_fields=frozenset(required))
    if not missing:
        assert from_form(FORM, site=site, language="nl").contact
        return
    with pytest.raises(Problem) as refused:
        from_form(FORM, site=site, language="nl")
    assert refused.value.code == "invalid_request"
    assert refused.value.errors == [{"field": name, "reason": "missing"} for name in missing]


def test_a_field_the_site_does_not_ask_for_is_refused_by_name():
    site = replace(RULES, asked_fields=frozenset({"email"}))
    form = FORM.model_copy(update={"city": "Utrecht"})
    with pytest.raises(Problem) as refused:
        from_form(form, site=site, language="nl")
    assert (refused.value.status, refused.value.code) == (422, "invalid_request")
    assert refused.value.errors == [
        {"field": "city", "reason": "not_asked"},
        {"field": "name", "reason": "not_asked"},
    ]
    site = replace(RULES, asked_fields=frozenset({"email", "name"}))
    assert from_form(FORM, site=site, language="nl").contact.keys() == {"name", "email"}
