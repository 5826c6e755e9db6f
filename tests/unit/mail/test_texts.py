"""What a mail says: the site's name on one line, a link, nothing about the person."""

from collections.abc import Iterable
from dataclasses import fields
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.policy import policy
from leadlayer.mail.model import Letter, Mail, MailKind
from leadlayer.mail.texts import LETTERS, letter

LINK = "https://console.example/#/sites/s_1/leads/01L"
LANGUAGES = ["nl", "en", "de"]
KINDS = get_args(MailKind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_the_name_of_the_site_and_a_link(language):
    words = letter("new_lead", language=language, name="Winkel", link=LINK)
    assert "Winkel" in words.subject
    assert LINK not in words.subject
    assert LINK in words.text.splitlines()
    assert "{" not in words.subject + words.text


def test_the_three_languages_differ_and_a_fourth_is_answered_in_english():
    texts = {lang: letter("new_lead", language=lang, name="W", link=LINK) for lang in LANGUAGES}
    assert len({words.text for words in texts.values()}) == 3
    assert letter("new_lead", language="fr", name="W", link=LINK) == texts["en"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60), st.sampled_from(LANGUAGES))
def test_no_name_of_a_site_starts_another_header_line(name, language):
    subject = letter("new_lead", language=language, name=name, link=LINK).subject
    assert len(subject.splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["X\r\nBcc: evil@evil.test", "X\nSubject: y", "X\x0bBcc: z", "X\u2028Bcc: z", "X\x85Bcc"],
)
def test_a_line_break_in_a_name_becomes_a_space(name):
    words = letter("new_lead", language="en", name=name, link=LINK)
    assert words.subject.startswith("New lead on X ")
    assert len(words.subject.splitlines()) == 1
    # The body of the letter keeps its own lines too: the name cannot forge one.
    plain = letter("new_lead", language="en", name="X", link=LINK)
    assert len(words.text.splitlines()) == len(plain.text.splitlines())


def test_the_check_would_see_a_name_that_is_put_in_as_it_is():
    assert len("New lead on {site}".format(site="X\r\nBcc: evil@evil.test").splitlines()) == 2


@pytest.mark.parametrize("name", ["{link}", "{site.__class__}", "{0}", "{", "%s"])
def test_a_name_is_never_read_as_a_template(name):
    assert name in letter("new_lead", language="en", name=name, link=LINK).subject


def test_an_unknown_kind_of_mail_has_no_text():
    with pytest.raises(KeyError):
        letter("erased", language="en", name="W", link=LINK)


def test_an_outgoing_mail_has_no_place_for_anything_of_a_person():
    ids = {"id", "kind", "account_id", "site_id", "lead_id", "member_id", "sent_to", "is_sent"}
    assert {entry.name for entry in fields(Mail)} == ids


# All kinds


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_has_a_text_in_each_language_with_a_link_on_a_line_of_its_own(kind, language):
    words = letter(kind, language=language, link=LINK, name="Winkel", until="2027-02-21")
    assert LINK in words.text.splitlines()
    assert LINK not in words.subject
    assert "{" not in words.subject + words.text
    assert words != letter(kind, language=other(language), link=LINK, name="Winkel")


def other(language: str) -> str:
    return LANGUAGES[LANGUAGES.index(language) - 1]


def facts_of(words: Letter) -> set[str]:
    """What a text has a place for."""
    parsed = Formatter().parse(words.subject + words.text)
    return {name for _, name, _, _ in parsed if name is not None}


def personal(texts: Iterable[Letter]) -> set[str]:
    """Facts in letters beyond a link, the name of a site or account, and a date."""
    return {name for words in texts for name in facts_of(words)} - {"link", "name", "until"}


def test_no_letter_has_a_place_for_anything_of_a_visitor():
    texts = [words for kind in KINDS for words in LETTERS[kind].values()]
    assert len(texts) == 3 * len(KINDS)
    assert personal(texts) == set()


def test_twin_a_letter_that_names_the_visitor_is_noticed():
    assert personal([Letter("New lead", "{visitor} wrote: {message}\n{link}")]) == {
        "visitor",
        "message",
    }


def test_letters_with_a_link_that_signs_in_name_nobody():
    # They go to whatever address somebody typed; a name in them would be free text to strangers.
    assert {name for words in LETTERS["sign_up"].values() for name in facts_of(words)} == {"link"}
    assert {name for words in LETTERS["sign_in"].values() for name in facts_of(words)} == {"link"}


def test_the_periods_that_letters_name_are_those_of_the_policy():
    periods = policy().retention_text
    assert (periods["sign_in_link"], periods["export"]) == ("PT10M", "P7D")
    for kind, period in (("sign_in", "10 "), ("sign_up", "10 "), ("export_ready", "7 ")):
        assert all(f" {period}" in words.text for words in LETTERS[kind].values())
