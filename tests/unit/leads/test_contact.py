"""One spelling for one person: otherwise a request for erasure finds only half of the leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.errors import Problem
from leadlayer.leads.contact import normal_email, normal_phone


@pytest.mark.parametrize("text", ["Noor@Example.com", " noor@example.com ", "NOOR@EXAMPLE.COM"])
def test_one_mailbox_has_one_spelling(text):
    assert normal_email(text) == "noor@example.com"


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("0612345678", "NL"),
        ("06-12 34 56 78", "NL"),
        ("+31 6 12345678", "NL"),
        ("+31 (0)6 12345678", "NL"),
        ("0031612345678", "NL"),
        ("+31612345678", "DE"),
        ("0031 6 12345678", "DE"),
    ],
)
def test_one_number_has_one_spelling_however_it_was_typed(text, country):
    assert normal_phone(text, country=country) == "+31612345678"


def test_a_national_number_belongs_to_the_sites_country():
    assert normal_phone("030 123456", country="DE") == "+4930123456"
    assert normal_phone("030 1234567", country="NL") == "+31301234567"


@pytest.mark.parametrize("text", ["00", "(((((( ", "++++++", "1-2-3-", "+999 12345678", "/ / / /"])
def test_what_cannot_be_a_number_is_refused_without_quoting_it(text):
    with pytest.raises(Problem) as refused:
        normal_phone(text, country="NL")
    assert (refused.value.status, refused.value.code) == (422, "invalid_request")
    assert refused.value.errors == [{"field": "phone", "reason": "phone_number"}]


@given(st.text(alphabet="+()0123456789 ./-", min_size=6, max_size=32))
def test_whatever_looks_like_a_number_becomes_e164_or_is_refused(text):
    try:
        number = normal_phone(text, country="NL")
    except Problem:
        return
    assert number.startswith("+")
    assert number[1:].isdigit()


@given(st.from_regex(r"\+31[1-9][0-9]{8}", fullmatch=True))
def test_a_number_in_its_one_spelling_keeps_it_in_every_country(number):
    assert normal_phone(number, country="DE") == number
