"""P12: no answer, extension or refusal exists that does not name the authority and the court."""

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest

from leadlayer.core.policy import policy
from leadlayer.privacy.answers import (
    LANGUAGES,
    WORDING,
    Answer,
    AnswerKind,
    ExtensionReason,
    Facts,
    Ground,
    IncompleteAnswer,
    Language,
    Right,
    Wording,
)
from leadlayer.privacy.answers_words import COURTS
from leadlayer.privacy.requests_model import FINAL, Request
from leadlayer.privacy.requests_rules import RULES
from tests.fakes.requests import SECOND, Desk
from tests.world import World

KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
RIGHTS: tuple[Right, ...] = get_args(Right)
GROUNDS: tuple[Ground, ...] = get_args(Ground)
REASONS: tuple[ExtensionReason, ...] = get_args(ExtensionReason)
FACTS = Facts("01REQUEST", "erasure", date(2026, 12, 23), "excessive", "many", "01EARLIER")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_names_the_authority_and_the_court(kind: AnswerKind, language: Language):
    for right in RIGHTS:
        answer = WORDING.render(kind, language, replace(FACTS, right=right))
        assert "Autoriteit Persoonsgegevens" in answer.text
        assert policy().authority_url in answer.text
        assert COURTS[language] in answer.text
        assert "{" not in answer.subject + answer.text
        assert "01REQUEST" in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ground_and_reason_has_words_of_its_own(language: Language):
    refusals = {WORDING.render("refusal", language, replace(FACTS, ground=g)).text for g in GROUNDS}
    delays = {WORDING.render("extension", language, replace(FACTS, reason=r)).text for r in REASONS}

    assert (len(refusals), len(delays)) == (len(GROUNDS), len(REASONS))


def without(part: str, language: Language) -> Wording:
    """A translation that somebody has damaged."""
    complaints = {**WORDING.complaints}
    complaints[language] = complaints[language].replace(part, "…")
    return replace(WORDING, complaints=complaints)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["{authority}", "{url}", "{court}"])
def test_twin_a_text_without_one_of_them_cannot_be_rendered(
    part: str, kind: AnswerKind, language: Language
):
    with pytest.raises(IncompleteAnswer):
        without(part, language).render(kind, language, FACTS)


@pytest.mark.parametrize("kind", KINDS)
def test_twin_a_template_without_the_paragraph_cannot_be_rendered(kind: AnswerKind):
    bare = dict.fromkeys(LANGUAGES, ("Subject", "Text. {request}"))
    wording = replace(WORDING, templates={**WORDING.templates, kind: bare})

    with pytest.raises(IncompleteAnswer):
        wording.render(kind, "nl", FACTS)


def test_an_answer_cannot_be_made_by_hand_without_them():
    with pytest.raises(IncompleteAnswer):
        Answer("refusal", "en", "Refused", "No.")
    with pytest.raises(IncompleteAnswer):
        Answer("refusal", "en", " ", WORDING.render("refusal", "en", FACTS).text)


@pytest.mark.parametrize(("kind", "missing"), [("refusal", "ground"), ("extension", "reason")])
def test_a_text_that_does_not_say_why_cannot_be_rendered(kind: AnswerKind, missing: str):
    with pytest.raises(IncompleteAnswer):
        WORDING.render(kind, "nl", replace(FACTS, **{missing: None}))


def test_an_unknown_language_gets_english():
    assert WORDING.render("final", "fr", FACTS) == WORDING.render("final", "en", FACTS)


def test_every_way_to_close_a_request_but_their_own_withdrawal_has_an_answer():
    closing = {rule.name: rule.answer for rule in RULES.values() if rule.to in FINAL}

    assert {name for name, answer in closing.items() if answer is None} == {"withdraw"}
    assert closing["deny"] == "refusal"


def test_what_was_answered_can_be_shown_later(world: World):
    desk = Desk(world)
    closed = desk.denied(desk.open())

    facts = Facts(closed.id, closed.right, closed.due, "excessive")
    assert closed.answers == {"refusal": WORDING.render("refusal", "nl", facts).hash}


def test_twin_a_refusal_whose_words_are_damaged_does_not_happen(world: World):
    damaged = without("{court}", "nl")
    desk = Desk(world, options={"wording": damaged})
    request: Request = desk.in_review(desk.open())
    desk.do(request, "propose", decision="denied", ground="excessive")
    entries = len(world.rows("audit_entry"))

    with pytest.raises(IncompleteAnswer):
        desk.do(request, "deny", ground="excessive", actor=SECOND)
    assert desk.requests.find("a_demo", request.id).state == "in_review"
    assert len(world.rows("audit_entry")) == entries
