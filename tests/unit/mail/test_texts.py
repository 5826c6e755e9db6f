"""What a mail says: the site's name on one line, a link, nothing about the person."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.mail.model import Mail
from leadlayer.mail.texts import letter

LINK = "https://console.example/#/sites/s_1/leads/01L"
LANGUAGES = ["nl", "en", "de"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_the_name_of_the_site_and_a_link(language):
    words = letter("new_lead", language=language, site="Winkel", link=LINK)
    assert "Winkel" in words.subject
    assert LINK not in words.subject
    assert LINK in words.text.splitlines()
    assert "{" not in words.subject + words.text


def test_the_three_languages_differ_and_a_fourth_is_answered_in_english():
    texts = {lang: letter("new_lead", language=lang, site="W", link=LINK) for lang in LANGUAGES}
    assert len({words.text for words in texts.values()}) == 3
    assert letter("new_lead", language="fr", site="W", link=LINK) == texts["en"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60), st.sampled_from(LANGUAGES))
def test_no_name_of_a_site_starts_another_header_line(name, language):
    subject = letter("new_lead", language=language, site=name, link=LINK).subject
    assert len(subject.splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["X\r\nBcc: evil@evil.test", "X\nSubject: y", "X\x0bBcc: z", "X\u2028Bcc: z", "X\x85Bcc"],
)
def test_a_line_break_in_a_name_becomes_a_space(name):
    words = letter("new_lead", language="en", site=name, link=LINK)
    assert words.subject.startswith("New lead on X ")
    assert len(words.subject.splitlines()) == 1
    # The body of the letter keeps its own lines too: the name cannot forge one.
    plain = letter("new_lead", language="en", site="X", link=LINK)
    assert len(words.text.splitlines()) == len(plain.text.splitlines())


def test_the_check_would_see_a_name_that_is_put_in_as_it_is():
    assert len("New lead on {site}".format(site="X\r\nBcc: evil@evil.test").splitlines()) == 2


@pytest.mark.parametrize("name", ["{link}", "{site.__class__}", "{0}", "{", "%s"])
def test_a_name_is_never_read_as_a_template(name):
    assert name in letter("new_lead", language="en", site=name, link=LINK).subject


def test_an_unknown_kind_of_mail_has_no_text():
    with pytest.raises(KeyError):
        letter("erased", language="en", site="W", link=LINK)


def test_an_outgoing_mail_has_no_place_for_anything_of_a_person():
    ids = {"id", "kind", "account_id", "site_id", "lead_id", "sent_to", "is_sent"}
    assert {entry.name for entry in fields(Mail)} == ids
