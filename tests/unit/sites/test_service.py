"""What the public gets to know of a site, and when a site does not exist for it."""

import json
from dataclasses import replace

import pytest

from leadlayer.core.errors import Problem
from leadlayer.sites.model import Consent, LeadField, Limits, Site
from leadlayer.sites.service import get_collecting_site, get_site, widget_config
from leadlayer.sites.texts import DISCLOSURE, GREETING

SITE = Site(
    id="s_1",
    account_id="a_canary",
    name="Winkel",
    origins=("https://shop.example",),
    privacy_notice_url="https://shop.example/privacy",
    knowledge="canary knowledge",
    greetings={"nl": "Hoi!"},
    consent=Consent({"nl": "Bel mij.", "en": "Call me."}, version="3"),
    lead_fields=(LeadField("email", required=True), LeadField("name")),
    pixel_mode="consent",
    model="canary-model",
    limits=Limits(41_001, 41_002, 41_003, 41_004),
    retention_months=17,
)
SECRETS = ["a_canary", "canary knowledge", "canary-model", "41001", "41002", "41003", "41004", "17"]


class FakeSites(dict[str, Site]):
    def find(self, site_id: str) -> Site | None:
        return self.get(site_id)


def config(site: Site = SITE, language: str | None = None) -> dict:
    return widget_config(
        site, language=language, chat_url="https://c.example", disclosure_version="D1"
    )


def leaks(document: dict) -> list[str]:
    text = json.dumps(document)
    return [secret for secret in SECRETS if secret in text]


def refusal(find, site: Site | None) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        find("s_1", sites=FakeSites({} if site is None else {"s_1": site}))
    return refused.value.status, refused.value.code


def test_a_widget_learns_everything_of_the_contract_and_no_more():
    assert config() == {
        "site": "s_1",
        "name": "Winkel",
        "collecting": True,
        "language": "nl",
        "languages": ["nl", "en", "de"],
        "greeting": "Hoi!",
        "disclosure": {"text": DISCLOSURE["nl"], "version": "D1"},
        "privacy_notice_url": "https://shop.example/privacy",
        "fields": [{"name": "email", "required": True}, {"name": "name", "required": False}],
        "consent": {"text": "Bel mij.", "required": True, "version": "3"},
        "chat_url": "https://c.example/v1/sites/s_1/chat",
        "pixel_mode": "consent",
        "link_origins": ["https://shop.example"],
    }


def test_a_widget_learns_nothing_of_knowledge_account_model_or_limits():
    assert leaks(config()) == []


def test_the_check_would_see_a_config_made_of_the_whole_site():
    assert leaks(vars(SITE) | {"consent": None, "lead_fields": None, "limits": vars(SITE.limits)})


@pytest.mark.parametrize("find", [get_site, get_collecting_site])
def test_an_unknown_and_a_terminated_site_look_the_same(find):
    terminated = replace(SITE, state="terminated")
    assert refusal(find, None) == refusal(find, terminated) == (404, "unknown_site")


@pytest.mark.parametrize(
    "url", ["", "http://shop.example/privacy", "javascript:alert(1)", "shop.example", "/privacy"]
)
def test_without_a_privacy_notice_that_can_be_shown_nothing_is_collected(url):
    site = replace(SITE, privacy_notice_url=url)
    assert refusal(get_collecting_site, site) == (403, "site_not_collecting")
    assert get_site("s_1", sites=FakeSites(s_1=site)) is site
    assert config(site)["collecting"] is False


def test_with_a_notice_the_site_collects():
    assert get_collecting_site("s_1", sites=FakeSites(s_1=SITE)) is SITE


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("nl", "nl"), ("en", "en"), ("de", "de"), (None, "nl"), ("", "nl"), ("fr", "nl"),
     ("EN", "nl"), ("../en", "nl"), ("__class__", "nl")],
)  # fmt: skip
def test_a_language_the_site_does_not_speak_is_answered_in_its_own(asked, spoken):
    found = config(language=asked)
    assert found["language"] == spoken
    assert found["disclosure"]["text"] == DISCLOSURE[spoken]


def test_a_text_missing_in_a_language_is_given_in_another_rather_than_not_at_all():
    german = config(language="de")
    assert german["consent"]["text"] == "Call me."
    assert german["greeting"] == "Hoi!"
    assert config(replace(SITE, greetings={}), "de")["greeting"] == GREETING["de"]


def test_the_disclosure_stays_whatever_a_customer_sets():
    for greeting in ("", "Ik ben Jan, een mens."):
        site = replace(SITE, greetings={"nl": greeting}, name="Jan")
        assert config(site)["disclosure"]["text"] == DISCLOSURE["nl"]


def test_the_disclosure_speaks_of_an_ai_in_every_language():
    assert DISCLOSURE.keys() == GREETING.keys() == {"nl", "en", "de"}
    for text, word in zip(
        DISCLOSURE.values(), ("AI-assistent", "AI assistant", "KI-"), strict=True
    ):
        assert word in text


def test_knowledge_is_read_with_every_question_and_therefore_bounded():
    assert replace(SITE, knowledge="x" * 100_000)
    with pytest.raises(ValueError, match=r"^knowledge has to be 100000 characters at most$"):
        replace(SITE, knowledge="x" * 100_001)
