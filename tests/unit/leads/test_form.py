"""What the lead form takes from a stranger: declared fields of the declared kind, nothing else."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from leadlayer.core.policy import policy
from leadlayer.leads.model import LeadForm

VALID = {
    "name": "Noor de Vries",
    "email": "noor@example.com",
    "phone": "+31 6 12345678",
    "city": "Utrecht",
    "message": "Mag ik\nzaterdag komen?",
    "page": "/fietsen",
    "language": "nl",
    "conversation": "01KASB3H00M4X7C2V9B5N8Q1W3",
    "token": "abc-_.9",
    "widget_version": "1.0.0",
    "consent": {"given": True, "version": "1"},
}
CANARY = "canary7f3a"
# Surrogates too: Python's JSON reader lets them through.
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=40)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
ANY_LEAD = st.dictionaries(st.sampled_from(sorted(VALID)) | ANY_TEXT, ANY_JSON, max_size=6)
CONTROLS = [
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
    "\x85",
    "\u200b",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\ue000",
]


def refusal(**changes: object) -> list[tuple[str, str]]:
    """Where and why a lead with these changes is refused; empty when it is taken."""
    try:
        LeadForm.model_validate(VALID | changes)
    except ValidationError as error:
        return [(".".join(map(str, item["loc"])), item["type"]) for item in error.errors()]
    return []


def test_a_full_lead_is_taken_as_it_is():
    form = LeadForm.model_validate(VALID)
    assert form.model_dump() == VALID


@given(ANY_JSON | ANY_LEAD)
def test_whatever_is_sent_is_taken_or_is_a_validation_error(document):
    try:
        LeadForm.model_validate(document)
    except ValidationError as error:
        json.dumps([(item["loc"], item["type"]) for item in error.errors()])


@given(st.text(string.printable, min_size=1, max_size=300) | ANY_TEXT)
def test_whatever_is_sent_as_an_address_is_taken_as_one_line_or_refused(text):
    try:
        form = LeadForm.model_validate({"email": text})
    except ValidationError:
        return
    assert form.email is not None
    assert form.email.isprintable()
    assert form.email.count("@") == 1
    assert not set("<> \n\r") & set(form.email)


@pytest.mark.parametrize(
    "field", ["birthday", "bsn", "ip", "visited_at", "state", "id", "expires_at"]
)
def test_a_field_that_the_policy_does_not_declare_is_refused_by_name(field):
    assert refusal(**{field: "x"}) == [(field, "extra_forbidden")]


def test_an_unknown_field_inside_the_consent_is_refused():
    consent = {"given": True, "version": "1", "ip": "203.0.113.7"}
    assert refusal(consent=consent) == [("consent.ip", "extra_forbidden")]


def test_the_check_would_see_a_form_that_takes_any_field():
    class Open(LeadForm):
        model_config = BaseModel.model_config | {"extra": "allow"}

    assert Open.model_validate(VALID | {"bsn": "123456782"}).model_extra == {"bsn": "123456782"}


def test_the_form_asks_for_no_more_about_a_person_than_the_policy_declares():
    technical = {"language", "conversation", "token", "widget_version", "consent"}
    declared = set(policy().lead_fields)
    assert LeadForm.model_fields.keys() - technical <= declared


@pytest.mark.parametrize("field", ["name", "email", "phone", "city", "message"])
@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_or_invisible_character_is_refused_in_every_text(field, control):
    text = str(VALID[field])
    assert refusal(**{field: text[:3] + control + text[3:]})


@pytest.mark.parametrize("field", ["name", "city", "email"])
@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\t"])
def test_a_one_line_field_has_one_line(field, line_break):
    text = str(VALID[field])
    assert refusal(**{field: text[:3] + line_break + text[3:]})


def test_a_message_may_have_lines_and_joined_emoji():
    assert refusal(message="Hoi\n\tik ben het 👩\u200d🔧") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "   "), ("name", "x" * 101), ("name", 1), ("name", ["x"]),
        ("city", "x" * 101), ("message", "x" * 2001), ("message", ""),
        ("email", "noor"), ("email", "noor@"), ("email", "@example.com"), ("email", "a@b"),
        ("email", "Noor <noor@example.com>"), ("email", "x" * 250 + "@example.com"),
        ("email", "a@example.com,b@example.com"), ("email", "a@example.com\nbcc:b@example.com"),
        ("phone", "12345"), ("phone", "call me"), ("phone", "1" * 33), ("phone", 31612345678),
        ("page", "x" * 2001), ("page", None), ("language", "fr"), ("language", "NL"),
        ("conversation", "a#b"), ("conversation", "a" * 65), ("conversation", ""),
        ("conversation", "a\n"), ("token", "a b"), ("widget_version", "1/2"),
        ("consent", True), ("consent", {}), ("consent", {"given": "true", "version": "1"}),
        ("consent", {"given": 1, "version": "1"}), ("consent", {"given": True, "version": 1}),
        ("consent", {"given": True, "version": "x" * 65}),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(field, value):
    found = refusal(**{field: value})
    if value is None:
        assert found == []
        return
    assert {place.partition(".")[0] for place, _ in found} == {field}


def test_a_refusal_does_not_quote_what_was_sent():
    with pytest.raises(ValidationError) as refused:
        LeadForm.model_validate(VALID | {"email": CANARY, "phone": CANARY, "consent": CANARY})
    assert CANARY not in str(refused.value)


def test_the_check_would_see_a_form_that_quotes_its_input():
    class Quoting(LeadForm):
        model_config = LeadForm.model_config | {"hide_input_in_errors": False}

    with pytest.raises(ValidationError) as refused:
        Quoting.model_validate(VALID | {"email": CANARY})
    assert CANARY in str(refused.value)


def test_a_form_cannot_be_changed_after_it_was_checked():
    with pytest.raises(ValidationError):
        LeadForm.model_validate(VALID).email = "x"
