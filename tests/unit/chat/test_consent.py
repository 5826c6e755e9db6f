"""A lead in conversation: asked word by word, agreed to in a later turn, typed by the visitor."""

from dataclasses import replace

import pytest

from leadlayer.chat.model import Finished, LeadCaptured, ToolCall
from leadlayer.chat.prompts import CONSENT_QUESTION, DEFAULT_CONSENT
from leadlayer.core.errors import Problem
from tests.fakes.model import capture, said, tool_results
from tests.fakes.stage import BRIEF, KEY, Stage, kinds, shown, stage

MAIL = "jan@example.com"
LEFT = f"Mail mij op {MAIL}"


def asked(*scripts, **parts) -> Stage:
    """A conversation in which the consent question was put in the first turn."""
    talk = stage(
        capture(email="[EMAIL_1]", consent_given=False),
        said("Laat het me weten."),
        *scripts,
        **parts,
    )
    talk.ask(LEFT)
    return talk


def agreeing(**details):
    return capture(email="[EMAIL_1]", consent_given=True, **details)


def test_the_first_call_asks_and_stores_nothing():
    talk = asked()

    assert talk.captured == []
    assert talk.head().consent_asked.turn == 1
    assert talk.head().consent_asked.version == BRIEF.consent_version


@pytest.mark.parametrize("language", ["nl", "en", "de"])
@pytest.mark.parametrize("text", ["De winkel mag mij {bellen} & “mailen”.", ""])
def test_the_question_holds_the_customers_text_word_by_word(language, text):
    site = replace(BRIEF, language=language, consent_text=text)
    talk = stage(capture("Prima.", email="[EMAIL_1]"), said("Graag."), site=site)

    reply = shown(talk.ask(LEFT))

    words = text or DEFAULT_CONSENT[language].format(name=site.name)
    assert CONSENT_QUESTION[language].format(text=words) in reply
    assert reply.index("Prima.") < reply.index(words) < reply.index("Graag.")
    assert reply.strip() == talk.store.history(talk.head())[-1].text


def test_consent_in_a_later_turn_stores_the_lead_with_its_evidence():
    talk = asked(agreeing(name="Jan", city="Delft"), said("Dank je!"))

    events = talk.ask("Ja, akkoord")

    assert kinds(events) == ["start", "lead", "delta", "done"]
    [wanted] = talk.captured
    assert wanted.contact == {"email": MAIL, "name": "Jan", "city": "Delft"}
    assert wanted.consent_text == BRIEF.consent_text
    assert wanted.turn == 2
    assert talk.head().lead_id == "lead1"


def test_a_model_that_claims_consent_at_once_stores_nothing():
    talk = stage(agreeing(), said("Dank."))

    events = talk.ask(f"{LEFT}, ik ga akkoord")

    assert talk.captured == []
    assert "lead" not in kinds(events)
    assert BRIEF.consent_text in shown(events)


def test_a_model_that_asks_and_claims_consent_in_one_turn_stores_nothing():
    talk = stage(
        capture(email="[EMAIL_1]", consent_given=False), agreeing(call="toolu_2"), said("Dank.")
    )

    events = talk.ask(LEFT)

    assert talk.captured == []
    assert shown(events).count(BRIEF.consent_text) == 1


def test_two_calls_side_by_side_ask_once_and_store_nothing():
    both = [*agreeing()[:-1], *agreeing(call="toolu_2")]
    talk = stage(both, said("Dank."))

    events = talk.ask(LEFT)

    assert talk.captured == []
    assert shown(events).count(BRIEF.consent_text) == 1
    answered = [block["tool_use_id"] for block in talk.model.requests[1].messages[-1]["content"]]
    assert answered == ["toolu_1", "toolu_2"]


def test_consent_to_an_older_text_is_asked_again():
    talk = asked(agreeing(), said("Graag."))
    talk.site = replace(BRIEF, consent_version="4", consent_text="De winkel mag mij mailen.")

    events = talk.ask("Ja, akkoord")

    assert talk.captured == []
    assert "De winkel mag mij mailen." in shown(events)
    assert talk.head().consent_asked.version == "4"


def test_a_question_of_an_answer_that_failed_was_not_asked():
    talk = stage(
        capture(email="[EMAIL_1]", consent_given=False),
        [LookupError()],
        agreeing(),
        said("Graag."),
    )
    talk.ask(LEFT)

    talk.ask("Ja")

    assert talk.captured == []
    assert talk.head().consent_asked.turn == 2


@pytest.mark.parametrize("claim", [False, None, "true", 1, "ja"])
def test_only_a_plain_yes_is_consent(claim):
    talk = asked(capture(email="[EMAIL_1]", consent_given=claim), said("Jammer."))

    talk.ask("Liever niet")

    assert talk.captured == []
    assert tool_results(talk.model.requests[-1])[0].startswith("not_stored")


@pytest.mark.parametrize(
    "email",
    ["piet@example.com", MAIL, "[EMAIL_2]", "[EMAIL_1] of piet@example.com", "[PHONE_1]", 7, None],
)
def test_an_address_that_is_not_the_visitors_placeholder_stores_nothing(email):
    talk = asked(capture(email=email, consent_given=True), said("Wat is je adres?"))

    events = talk.ask("Ja, akkoord")

    assert talk.captured == []
    assert "lead" not in kinds(events)


def test_an_address_that_only_the_assistant_wrote_is_not_the_visitors():
    talk = stage(
        said("Mail gerust info@shop.example."),
        capture(email="[EMAIL_1]", consent_given=False),
        said("Wat is je adres?"),
        capture(email="[EMAIL_1]", consent_given=True),
        said("Wat is je adres?"),
    )
    talk.ask("Hoe bereik ik jullie?")
    talk.ask("Bel mij maar")

    talk.ask("Ja, akkoord")

    assert talk.captured == []
    assert talk.head().consent_asked is None


def test_an_address_that_the_visitor_repeats_is_the_visitors():
    talk = stage(
        said(f"Is het {MAIL}?"),
        capture(email="[EMAIL_1]", consent_given=False),
        said("Mag dat?"),
        agreeing(),
        said("Dank."),
    )
    talk.ask("Raad mijn adres")
    talk.ask(f"Ja, {MAIL}")

    talk.ask("Akkoord")

    assert talk.captured[0].contact == {"email": MAIL}


def test_a_placeholder_that_the_visitor_typed_is_no_address():
    talk = stage(capture(email="[EMAIL_1]", consent_given=False), said("Wat is je adres?"))

    talk.ask("Mail mij op [EMAIL_1]")

    assert talk.head().consent_asked is None


def test_a_conversation_stores_one_lead():
    talk = asked(agreeing(), said("Dank."), agreeing(), said("Die heb ik al."))
    talk.ask("Ja, akkoord")

    events = talk.ask("Nog eens")

    assert len(talk.captured) == 1
    assert "lead" not in kinds(events)
    assert tool_results(talk.model.requests[-1]) == ["already_stored: do not store it again"]


def test_a_model_that_calls_twice_in_a_turn_stores_one_lead():
    talk = asked([*agreeing()[:-1], *agreeing(call="toolu_2")], said("Dank."))

    talk.ask("Ja, akkoord")

    assert len(talk.captured) == 1


def test_a_refusal_to_store_is_told_to_the_model_and_not_raised():
    def refuse(_):
        raise Problem(422, "invalid_request", "no")

    talk = asked(agreeing(), said("Klopt je nummer?"), capture=refuse)

    events = talk.ask("Ja, akkoord")

    assert kinds(events) == ["start", "delta", "done"]
    assert tool_results(talk.model.requests[-1]) == ["not_stored: invalid_request"]
    assert talk.head().lead_id is None


def test_a_replay_tells_that_a_lead_was_stored():
    talk = asked(agreeing(), said("Dank."))
    talk.ask("Ja, akkoord", retry=KEY)

    assert LeadCaptured("lead1") in talk.ask("Ja, akkoord", retry=KEY)
    assert len(talk.captured) == 1


def test_long_and_broken_texts_of_the_model_are_cut_and_straightened():
    talk = asked(agreeing(name="J" * 300, message="een\n\n twee", city="  "), said("Dank."))

    talk.ask("Ja, akkoord")

    assert talk.captured[0].contact == {"email": MAIL, "name": "J" * 100, "message": "een twee"}


def test_a_model_that_goes_on_calling_is_stopped():
    calls = [capture("Moment.", email="[EMAIL_1]", call=f"toolu_{number}") for number in range(9)]
    talk = stage(*calls)

    assert kinds(talk.ask(LEFT))[-1] == "done"
    assert talk.model.calls == 3


def test_a_tool_that_does_not_exist_does_nothing():
    call = ToolCall("t", "delete_everything", {})
    talk = stage([call, Finished("tool_use")], said("Nee."))

    assert kinds(talk.ask())[-1] == "done"
    assert tool_results(talk.model.requests[-1]) == ["unknown_tool"]
