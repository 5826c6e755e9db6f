"""What the model reads instead of personal data, and that the visitor sees the real thing."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlayer.chat.prompts import CAPTURE_LEAD, system_prompt
from tests.fakes.model import capture, said
from tests.fakes.stage import BRIEF, kinds, shown, stage

# Made up, with valid check digits where a kind has them.
CANARIES = {
    "EMAIL": "jan.jansen@example.com",
    "PHONE": "06-12345678",
    "IBAN": "NL91 ABNA 0417 1643 00",
    "BSN": "111222333",
    "CARD": "4111 1111 1111 1111",
    "SECRET": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
}
# What is given back; cards and secrets are not.
RESTORED = {kind: CANARIES[kind] for kind in ("EMAIL", "PHONE", "IBAN", "BSN")}
kinds_of_data = pytest.mark.parametrize(("kind", "value"), CANARIES.items(), ids=CANARIES)


@kinds_of_data
def test_no_value_reaches_the_model_in_question_or_history(kind, value):
    talk = stage(said("Genoteerd."), said("Ja."))
    talk.ask(f"Van mij: {value}")

    talk.ask(f"Nog eens: {value}.")

    assert talk.model.calls == 2
    assert all(value not in str(request) for request in talk.model.requests)


@pytest.mark.parametrize(("kind", "value"), RESTORED.items(), ids=RESTORED)
def test_the_model_reads_a_placeholder_in_question_and_history(kind, value):
    talk = stage(said(f"Genoteerd: [{kind}_1]."), said("Ja."))
    talk.ask(f"Van mij: {value}")

    talk.ask(f"Nog eens: {value}.")

    assert talk.store.history(talk.head())[1].text == f"Genoteerd: {value}."
    contents = [message["content"] for message in talk.model.requests[1].messages]
    mine, noted, again = f"Van mij: [{kind}_1]", f"Genoteerd: [{kind}_1].", f"Nog eens: [{kind}_1]."
    assert contents == [mine, noted, again]


@pytest.mark.parametrize(("kind", "value"), RESTORED.items(), ids=RESTORED)
def test_the_visitor_reads_the_real_value(kind, value):
    talk = stage(said("Genoteerd: [", f"{kind}", "_1", "] klopt dat?"))

    events = talk.ask(f"Van mij: {value}")

    assert shown(events) == f"Genoteerd: {value} klopt dat?"


@kinds_of_data
def test_a_message_is_kept_as_typed_but_for_cards_and_secrets(kind, value):
    talk = stage(said("ja"))

    talk.ask(f"Van mij: {value}")

    kept = talk.store.history(talk.head())[0].text
    assert (value in kept) is (kind in RESTORED)


def test_a_round_after_a_tool_call_holds_placeholders_too():
    talk = stage(
        capture("Ik noteer [EMAIL_1].", email="[EMAIL_1]", consent_given=False), said("Goed?")
    )

    talk.ask(f"Mail {CANARIES['EMAIL']}")

    assert CANARIES["EMAIL"] not in str(talk.model.requests[1])
    said_before, result = talk.model.requests[1].messages[-2:]
    assert said_before["content"][0] == {"type": "text", "text": "Ik noteer [EMAIL_1]."}
    assert result["content"][0]["tool_use_id"] == "toolu_1"


def test_the_model_gets_nothing_of_the_request_but_its_text():
    talk = stage(said("ja"))

    talk.ask("Hallo", page="/fietsen/blauw")

    [request] = talk.model.requests
    assert request.messages == [{"role": "user", "content": "Hallo"}]
    assert request.system == system_prompt(BRIEF, language="nl")
    assert "/fietsen/blauw" not in str(request)
    assert str(talk.talk) not in str(request)


def test_the_prompt_is_the_same_for_every_visitor():
    talk = stage(said("ja"), said("ja"))
    talk.ask("Hallo")
    talk.talk = None
    talk.ask(f"Hoi, {CANARIES['EMAIL']}")

    first, second = talk.model.requests
    assert first.system == second.system


def test_the_tool_asks_for_declared_contact_fields_only():
    fields = set(CAPTURE_LEAD["input_schema"]["properties"])

    assert fields == {"name", "email", "phone", "city", "message", "consent_given"}
    assert CAPTURE_LEAD["input_schema"]["additionalProperties"] is False


PIECES = [f"[{kind}_1]" for kind in RESTORED] + ["[EMAIL_9]", "[", "]", "Hé ", "_1", " EMAIL"]


@settings(deadline=None)
@given(
    text=st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
    cuts=st.lists(st.integers(0, 80), max_size=12),
)
def test_an_answer_is_restored_however_it_is_cut(text, cuts):
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    talk = stage(said(*(text[start:end] for start, end in pairwise(places))))

    events = talk.ask(" en ".join(RESTORED.values()))

    whole = text
    for kind, value in RESTORED.items():
        whole = whole.replace(f"[{kind}_1]", value)
    assert shown(events) == whole or not whole.strip()
    assert kinds(events)[-1] == ("done" if whole.strip() else "error")
