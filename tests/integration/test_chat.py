"""The chat function as API Gateway calls it, with a table behind and a scripted model."""

from dataclasses import replace

import pytest

from leadlayer.chat.model import Finished, ModelFailed, TextDelta, ToolCall
from leadlayer.core.crypto import text_hash
from leadlayer.core.streaming import StreamedResponse
from tests.fakes.model import USED, capture, said
from tests.fakes.visitor import visitor
from tests.world import ORIGIN, SITE, Context, load_event

MAIL = "jan.jansen@example.com"
PHONE = "06-12345678"
EXPIRES = 1858586400  # 24 calendar months after the world's clock, 1795428000


def test_an_answer_is_streamed_while_the_model_writes(world):
    order = []
    guest = visitor(world, [TextDelta("Ja, "), lambda: order.append("written"), *said("hoor.")])

    streamed = guest.chat(load_event("chat.stream"), Context())

    assert isinstance(streamed, StreamedResponse)
    assert streamed.status == 200
    assert streamed.headers["Content-Type"] == "text/event-stream"
    assert streamed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert streamed.headers["Cache-Control"] == "no-store"
    next(streamed.body)
    assert b"Ja, " in next(streamed.body)
    assert order == []
    assert b"hoor." in next(streamed.body)


def test_a_runtime_that_cannot_stream_sends_the_same_events_at_once(world):
    streaming = visitor(world, said("Ja", " hoor."))
    buffered = visitor(world, said("Ja", " hoor."), can_stream=False)

    one, other = streaming.ask(key="k" * 20), buffered.ask(key="l" * 20)

    assert [kind for kind, _ in other.events] == ["start", "delta", "delta", "done"]
    assert one.events[1:] == other.events[1:]
    assert other.headers["Content-Type"] == "text/event-stream"


def test_a_caller_who_wants_json_gets_one_answer(world):
    guest = visitor(world, said("Ja", " hoor."), said("Blauw."))

    first = guest.ask(name="chat.json")
    second = guest.ask("Kleur?", name="chat.json")

    assert first.status == second.status == 200
    assert first.headers["Content-Type"] == "application/json"
    assert first.json["reply"] == "Ja hoor."
    assert first.json["lead_captured"] is False
    assert second.json == first.json | {"reply": "Blauw."}
    assert [m["content"] for m in guest.model.requests[1].messages] == [
        "Hallo", "Ja hoor.", "Kleur?",
    ]  # fmt: skip


def test_the_event_files_are_understood(world):
    guest = visitor(world, said("Ja."), said("Ja."))

    assert guest.send("chat.stream").status == 200
    assert guest.send("chat.json").status == 200
    assert guest.send("chat.preflight").status == 204
    assert guest.send("chat.warm").status == 204


def test_warming_up_writes_and_asks_nothing(world):
    before = world.rows()

    answer = visitor(world).send("chat.warm")

    assert (answer.status, answer.text) == (204, "")
    assert world.rows() == before


def test_everything_of_a_conversation_expires_24_months_after_it_began(world):
    guest = visitor(world, said("Ja."), said("Blauw."))
    guest.ask()
    world.clock.advance(days=100)

    guest.ask("Kleur?")

    rows = world.rows("conversation") + world.rows("message")
    assert len(rows) == 5
    assert {int(row["expires_at"]["N"]) for row in rows} == {EXPIRES}


@pytest.mark.parametrize("elapsed", [-1, 0, 1])
def test_an_expired_conversation_is_unknown_to_visitor_and_model(world, elapsed):
    guest = visitor(world, said("Onthouden."), said("Ja."))
    guest.ask("Mijn geheim is kanariegeel")
    first_key = "key-of-message-0001"
    world.clock.now = world.clock.now.fromtimestamp(EXPIRES + elapsed, world.clock.now.tzinfo)
    is_live = elapsed < 0

    answer = guest.ask("Weet je het nog?")

    assert (answer.status == 200) is is_live
    assert guest.model.calls == (2 if is_live else 1)
    if not is_live:
        assert (answer.status, answer.code) == (404, "not_found")
        assert guest.delete().status == 404
        # A retry of the very first message starts anew and says nothing of the old answer.
        guest.talk = {}
        again = guest.ask("Mijn geheim is kanariegeel", key=first_key)
        assert "Onthouden" not in again.text
        assert "kanariegeel" not in str(guest.model.requests[1].messages[:-1])


def test_a_shorter_period_of_the_site_holds_for_its_conversations(world):
    world.save_site(replace(SITE, retention_months=1))
    visitor(world, said("Ja.")).ask()

    [row] = world.rows("conversation")
    assert row["expires_at"]["N"] == "1798020000"  # 2026-12-23T10:00:00Z


def test_the_conversation_holds_the_declared_facts_only(world):
    guest = visitor(world, said("Ja."))
    guest.ask(page=f"/fietsen?mail={MAIL}#top", language="en")

    [row] = world.rows("conversation")
    assert set(row) == {
        "pk", "sk", "type", "expires_at", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "account_id",
        "language", "visited_at", "disclosure_version", "turns", "page", "last_message_at",
        "mode", "state",
    }  # fmt: skip
    assert row["page"]["S"] == "/fietsen"
    assert row["visited_at"]["S"] == "2026-11-23T10:00:00Z"
    assert MAIL not in str(world.rows())


def test_a_lead_in_conversation_is_stored_with_evidence_and_announced(world):
    guest = visitor(
        world,
        capture(email="[EMAIL_1]", phone="[PHONE_1]", consent_given=False),
        said("Goed?"),
        capture(email="[EMAIL_1]", phone="[PHONE_1]", name="Jan", consent_given=True),
        said("Dank je, Jan."),
    )
    asked = guest.ask(f"Ik ben Jan, {MAIL}, {PHONE}", page="/fietsen")
    assert SITE.consent.text("nl") in asked.said
    assert world.rows("lead") == []
    world.clock.advance(hours=2)

    answer = guest.ask("Ja, akkoord")

    assert [kind for kind, _ in answer.events] == ["start", "lead", "delta", "done"]
    [lead] = world.rows("lead")
    values = {name: next(iter(value.values())) for name, value in lead.items()}
    assert (values["email"], values["phone"], values["name"]) == (MAIL, "+31612345678", "Jan")
    assert values["page"] == "/fietsen"
    assert values["conversation_id"] == guest.talk["conversation"]
    assert (values["consent_given"], values["consent_method"]) == (True, "conversation")
    assert values["consent_text_hash"] == text_hash(SITE.consent.text("nl"))
    assert (values["consent_version"], values["consent_language"]) == ("1", "nl")
    assert values["consent_at"].startswith("2026-11-23T12:00:01")
    assert len(world.rows("mail")) == 1
    assert len(world.rows("subject_ref")) == 4
    assert MAIL not in str([world.rows("mail"), world.rows("subject_ref")])


def test_consent_asked_in_dutch_is_evidence_of_the_dutch_text(world):
    guest = visitor(
        world,
        capture(email="[EMAIL_1]", consent_given=False),
        said("Goed?"),
        capture(email="[EMAIL_1]", consent_given=True),
        said("Dank."),
    )
    guest.ask(f"Mail {MAIL}", language="nl")

    guest.ask("Yes, I agree", language="en")

    [lead] = world.rows("lead")
    assert lead["consent_language"]["S"] == "nl"
    assert lead["consent_text_hash"]["S"] == text_hash(SITE.consent.text("nl"))


def test_a_lead_in_conversation_holds_only_what_the_site_asks_for(world):
    fields = tuple(field for field in SITE.lead_fields if field.name in ("email", "message"))
    world.save_site(replace(SITE, lead_fields=fields))
    details = {"email": "[EMAIL_1]", "phone": "[PHONE_1]", "city": "Utrecht", "message": "Bel me"}
    asks = [capture(consent_given=given, **details) for given in (False, True)]
    guest = visitor(world, asks[0], said("Ok."), asks[1], said("Dank je."))
    guest.ask(f"Mail {MAIL} of bel {PHONE}")
    guest.ask("Akkoord")

    [lead] = world.rows("lead")
    assert lead["message"]["S"] == "Bel me"
    assert "email" in lead
    assert not {"phone", "city"} & lead.keys()
    assert len(world.rows("subject_ref")) == 2


def test_an_answer_that_breaks_after_the_lead_stores_it_once(world):
    agreeing = capture(email="[EMAIL_1]", consent_given=True)
    broken = ModelFailed("model_stream_broken", retryable=True)
    guest = visitor(
        world,
        capture(email="[EMAIL_1]", consent_given=False),
        said("Goed?"),
        agreeing,
        [broken],
        agreeing,
        [broken],
        agreeing,
        said("Dank."),
    )
    guest.ask(f"Mail {MAIL}")
    guest.ask("Akkoord", key="k" * 20)
    guest.ask("Akkoord", key="k" * 20)

    answer = guest.ask("Is het gelukt?")

    assert "lead" in [kind for kind, _ in answer.events]
    assert len(world.rows("lead")) == len(world.rows("mail")) == 1


def test_a_phone_number_that_cannot_be_one_is_told_to_the_model_only(world):
    agreeing = capture(phone="[PHONE_1]", consent_given=True)
    guest = visitor(world, agreeing, said("Goed?"), agreeing, said("Hm."))
    guest.ask("Bel +99 12345678")

    answer = guest.ask("Ja")

    assert answer.events[-1][0] == "done"
    assert world.rows("lead") == []
    assert "not_stored: invalid_request" in str(guest.model.requests[-1].messages[-1])


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (ModelFailed("model_unavailable", retryable=True), 503, "model_unavailable"),
        (ModelFailed("model_rate_limited", retryable=True), 503, "model_rate_limited"),
        (LookupError(MAIL), 503, "internal"),
    ],
)
def test_a_failing_model_is_a_503_or_an_error_event(world, capsys, failure, status, code):
    guest = visitor(world, [failure], [TextDelta("Ja"), failure], said("Ja."))

    whole = guest.ask(f"Mail {MAIL}", name="chat.json")
    streamed = guest.ask(f"Mail {MAIL}")

    assert (whole.status, whole.code) == (status, code)
    assert whole.headers["Content-Type"] == "application/problem+json"
    assert whole.headers["Retry-After"] == "2"
    assert streamed.status == 200
    assert streamed.events[-1] == ("error", {"code": code, "retryable": True})
    assert guest.ask("Nog eens").events[-1][0] == "done"
    assert MAIL not in "".join(capsys.readouterr())


def test_a_retry_replays_the_answer_without_asking(world):
    guest = visitor(world, said("Goede", "morgen"))
    body = {"message": "Hallo", "page": "/"}
    first = guest.send("chat.stream", body=body)

    again = guest.send("chat.stream", body=body)
    whole = guest.send("chat.stream", body=body, headers={"Accept": "application/json"})

    assert again.said == first.said == whole.json["reply"] == "Goedemorgen"
    assert again.events[0] == first.events[0]
    assert guest.model.calls == 1
    assert len(world.rows("conversation")) == 1


def test_a_key_used_for_another_body_writes_nothing(world):
    guest = visitor(world, said("Ja."))
    guest.send("chat.stream", body={"message": "Hallo"})
    before = world.rows("message")

    answer = guest.send("chat.stream", body={"message": "Iets anders"})

    assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert world.rows("message") == before
    assert guest.model.calls == 1


def test_what_it_cost_is_counted_for_the_day_and_nothing_else(world):
    guest = visitor(world, said("Ja."), [TextDelta("Ja"), ModelFailed("x", retryable=True)])
    guest.ask()
    guest.ask()

    [row] = world.rows("usage")
    assert (row["turns"]["N"], row["tokens"]["N"]) == ("2", str(USED.total))
    assert set(row) == {"pk", "sk", "type", "turns", "tokens", "expires_at"}


def test_two_answers_in_one_function_do_not_mix(world):
    guest = visitor(world, said("Eerste."), said("Tweede."))
    first = guest.chat(load_event("chat.stream"), Context())
    again = {"Idempotency-Key": "q" * 20}
    second = guest.chat(load_event("chat.stream", headers=again), Context())

    assert b"Eerste." in b"".join(first.body)
    assert b"Tweede." in b"".join(second.body)


def test_the_log_of_a_whole_conversation_holds_nothing_of_it(world, capsys):
    call = ToolCall("t", "capture_lead", {"email": "[EMAIL_1]", "consent_given": True})
    guest = visitor(
        world,
        [call, Finished("tool_use")],
        said("Kanariegeel?"),
        [call, Finished("tool_use")],
        said("Kanariegeel."),
    )
    guest.ask(f"Mail {MAIL} of bel {PHONE}", page="/kanarie?x=1")
    guest.ask("Akkoord, kanarie")
    guest.delete()

    out = "".join(capsys.readouterr()).lower()
    assert '"event": "lead_accepted"' in out
    for canary in (MAIL, PHONE, "kanarie", "203.0.113", guest.talk["token"].lower(), "mozilla"):
        assert canary not in out
