"""What leaves for Anthropic, what is tried again and for how long: over a real loopback socket."""

import contextlib
import socket
from datetime import timedelta

import httpx2
import pytest

from leadlayer.chat.anthropic_client import AnthropicModel, bedrock, direct
from leadlayer.chat.model import Finished, ModelFailed, ModelRequest, TextDelta, ToolCall, Usage
from leadlayer.chat.prompts import CAPTURE_LEAD
from leadlayer.core.egress import EgressDenied
from tests.clocks import FixedClock
from tests.fakes.anthropic_server import (
    Reply,
    answer,
    anthropic_server,
    closing,
    event,
    opening,
    refusal,
    stream,
    text_block,
    tool_block,
)

REQUEST = ModelRequest(
    model="claude-haiku-5-5",
    max_tokens=700,
    system="You are the AI assistant.",
    messages=[{"role": "user", "content": "Hallo"}],
)
OVERLOADED = refusal(529, "overloaded_error")


class Line:
    """A model on a socket, with a clock that only waiting moves."""

    def __init__(self, url, on_request=lambda _: None):
        self.clock = FixedClock()
        self.waits: list[float] = []
        create = direct(api_key="sk-test", base_url=url, on_request=on_request)
        self.model = AnthropicModel(lambda: create, clock=self.clock, sleep=self._sleep)

    def ask(self, seconds=45):
        return self.model.stream(REQUEST, deadline=self.clock() + timedelta(seconds=seconds))

    def _sleep(self, seconds):
        self.waits.append(seconds)
        self.clock.advance(seconds=seconds)


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@contextlib.contextmanager
def line(*replies, on_request=lambda _: None):
    with anthropic_server(replies) as server:
        yield Line(server.url, on_request), server


def failure(line, **options):
    with pytest.raises(ModelFailed) as failed:
        list(line.ask(**options))
    return failed.value


def test_the_request_holds_what_the_conversation_needs_and_nothing_more():
    with line(answer("Hoi")) as (model, server):
        list(model.ask())

    [request] = server.requests
    assert request.line == "POST /v1/messages HTTP/1.1"
    assert request.json == {
        "model": "claude-haiku-5-5",
        "max_tokens": 700,
        "system": [
            {
                "type": "text",
                "text": "You are the AI assistant.",
                "cache_control": {"type": "ephemeral"},
            }
        ],
        "messages": [{"role": "user", "content": "Hallo"}],
        "tools": [CAPTURE_LEAD],
        "thinking": {"type": "disabled"},
        "stream": True,
    }


def test_text_a_tool_call_and_the_usage_come_as_our_events():
    body = (
        opening(cache_read_input_tokens=100, cache_creation_input_tokens=7)
        + text_block("Mo", "ment.")
        + tool_block('{"email": "[EMA', 'IL_1]", "consent_given"', ": true}", index=1)
        + closing("tool_use", output_tokens=25)
    )
    with line(stream(body)) as (model, _):
        events = list(model.ask())

    call = ToolCall("toolu_1", "capture_lead", {"email": "[EMAIL_1]", "consent_given": True})
    assert events == [
        Usage(input_tokens=137, cached_tokens=100),
        TextDelta("Mo"),
        TextDelta("ment."),
        call,
        Usage(output_tokens=25),
        Finished("tool_use"),
    ]


def test_what_a_broken_try_has_read_is_told_before_the_next_one():
    broken = stream(opening(), cut=True)
    with line(broken, answer("Hoi")) as (model, server):
        events = list(model.ask())

    read = Usage(input_tokens=30)
    assert events[:3] == [read, read, TextDelta("Hoi")]
    assert len(server.requests) == 2


@pytest.mark.parametrize("pieces", [['{"email": "x'], ["[1, 2]"], ["7"], ["null"], [], [""]])
def test_a_tool_call_with_broken_input_comes_without_any(pieces):
    body = opening() + tool_block(*pieces) + closing("tool_use")
    with line(stream(body)) as (model, _):
        assert list(model.ask())[1] == ToolCall("toolu_1", "capture_lead", {})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (529, "overloaded_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "api_error"),
        (408, "timeout_error"),
    ],
)
def test_a_passing_failure_is_tried_again(status, kind):
    with line(refusal(status, kind), refusal(status, kind), answer("Hoi")) as (model, server):
        assert text_of(model.ask()) == "Hoi"

    assert len(server.requests) == 3
    assert 0.4 <= model.waits[0] < model.waits[1] <= 0.96


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("2", 2, 2.4), ("600", 5, 6), ("soon", 0.4, 0.48), ("nan", 0.4, 0.48), ("-3", 0.4, 0.48)],
)
def test_the_wait_that_the_provider_asks_for_is_kept_within_reason(asked, least, most):
    limited = refusal(429, "rate_limit_error", **{"retry-after": asked})
    with line(limited, answer("Hoi")) as (model, _):
        assert text_of(model.ask()) == "Hoi"

    assert least <= model.waits[0] <= most


@pytest.mark.parametrize(
    ("reply", "code"),
    [(OVERLOADED, "model_unavailable"), (refusal(429, "rate_limit_error"), "model_rate_limited")],
)
def test_the_deadline_ends_the_tries(reply, code):
    with line(reply) as (model, server):
        began = model.clock()
        failed = failure(model, seconds=20)

    assert (failed.code, failed.retryable) == (code, True)
    assert len(server.requests) > 3
    assert model.clock() - began <= timedelta(seconds=17)


def test_without_time_for_another_answer_nothing_is_tried_again():
    with line(OVERLOADED) as (model, server):
        failure(model, seconds=3)

    assert (len(server.requests), model.waits) == (1, [])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
    ],
)
def test_a_refused_request_is_not_sent_twice(status, kind, capsys):
    with line(refusal(status, kind)) as (model, server):
        failed = failure(model)

    assert (failed.code, failed.retryable) == ("model_unavailable", False)
    assert len(server.requests) == 1
    out = "".join(capsys.readouterr())
    assert kind in out
    assert "jan@example.com" not in out + str(failed)


def test_a_redirect_is_not_followed():
    elsewhere = Reply(status=307, headers={"location": "https://example.com/v1/messages"})
    with line(elsewhere) as (model, server):
        assert failure(model).retryable is False

    assert len(server.requests) == 1


BROKEN_JSON = b"event: content_block_delta\ndata: {jan@example.com\n\n"
OVERLOADED_EVENT = event("error", error={"type": "overloaded_error", "message": "jan@example.com"})


@pytest.mark.parametrize(
    "beginning",
    [
        stream(b""),
        stream(opening()),
        stream(opening(), cut=True),
        stream(opening() + OVERLOADED_EVENT),
        stream(BROKEN_JSON),
    ],
    ids=["empty", "ended", "cut", "error event", "broken JSON"],
)
def test_a_stream_that_breaks_before_the_first_text_is_tried_again(beginning):
    with line(beginning, answer("Hoi")) as (model, server):
        assert text_of(model.ask()) == "Hoi"

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "rest",
    [
        stream(b""),
        stream(b"", cut=True),
        stream(OVERLOADED_EVENT),
        stream(closing()[:40]),
        stream(BROKEN_JSON),
    ],
    ids=["ended", "cut", "error event", "half an event", "broken JSON"],
)
def test_a_stream_that_breaks_after_the_first_text_is_never_tried_again(rest, capsys):
    body = opening() + text_block("Ja, wij") + rest.body
    told = []
    broken = stream(body, cut=rest.cut)
    with (
        line(broken, answer("Iets anders")) as (model, server),
        pytest.raises(ModelFailed) as failed,
    ):
        told.extend(model.ask())
    assert told == [Usage(input_tokens=30), TextDelta("Ja, wij")]
    assert failed.value.code == "model_stream_broken"
    assert failed.value.retryable
    assert len(server.requests) == 1
    assert "jan@example.com" not in "".join(capsys.readouterr())


def test_an_error_event_that_is_no_passing_trouble_is_not_tried_again():
    refused = event("error", error={"type": "invalid_request_error", "message": "x"})
    with line(stream(opening() + refused), answer("Hoi")) as (model, server):
        assert failure(model).retryable is False

    assert len(server.requests) == 1


def test_a_stream_that_goes_on_past_the_deadline_is_left():
    body = opening() + text_block(*"abcdefgh") + closing()
    with line(stream(body)) as (model, _):
        events = model.ask(seconds=45)
        assert [next(events), next(events)][1] == TextDelta("a")
        model.clock.advance(seconds=46)
        with pytest.raises(ModelFailed) as failed:
            list(events)

    assert (failed.value.code, failed.value.retryable) == ("model_stream_broken", True)


def test_an_answer_that_ends_at_the_deadline_is_whole():
    with line(answer("Hoi")) as (model, _):
        events = model.ask(seconds=45)
        assert [next(events), next(events)][1] == TextDelta("Hoi")
        model.clock.advance(seconds=45)

        assert isinstance(list(events)[-1], Finished)


def test_a_refused_connection_is_tried_again_and_then_reported():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    model = Line(url)

    failed = failure(model, seconds=6)

    assert (failed.code, failed.retryable) == ("model_unavailable", True)
    assert model.waits


def deny(_: httpx2.Request) -> None:
    raise EgressDenied


def test_a_host_that_is_not_allowed_gets_nothing_and_is_not_tried_again():
    with line(answer("Hoi"), on_request=deny) as (model, server):
        failed = failure(model)

    assert server.requests == []
    assert model.waits == []
    assert failed.retryable is False


def test_the_guard_sees_where_each_try_goes():
    seen = []
    guard = lambda request: seen.append(str(request.url))  # noqa: E731
    with line(OVERLOADED, answer("Hoi"), on_request=guard) as (model, server):
        list(model.ask())

    assert seen == [f"{server.url}/v1/messages"] * 2


def test_a_reader_who_stops_closes_the_connection():
    body = opening() + text_block(*"abcdefgh") + closing()
    with line(stream(body), answer("Hoi")) as (model, server):
        events = model.ask()
        assert [next(events), next(events)][1] == TextDelta("a")
        events.close()  # type: ignore[attr-defined]
        assert text_of(model.ask()) == "Hoi"

    assert len(server.requests) == 2


def test_the_client_is_made_at_the_first_question():
    made = []
    with anthropic_server([answer("Hoi")]) as server:
        create = direct(api_key="sk-test", base_url=server.url, on_request=lambda _: None)
        model = AnthropicModel(lambda: made.append(1) or create, clock=FixedClock())
        assert made == []
        list(model.stream(REQUEST, deadline=FixedClock()() + timedelta(seconds=45)))

    assert made == [1]


@pytest.mark.parametrize("region", ["eu-central-1", "eu-west-3"])
def test_bedrock_is_asked_in_the_functions_own_region_with_a_signature(region, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "ANTHROPIC_AWS_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    sent: list[httpx2.Request] = []

    def record(request: httpx2.Request) -> None:
        sent.append(request)
        raise EgressDenied  # nothing is to leave this machine

    create = bedrock(region=region, on_request=record)
    model = AnthropicModel(lambda: create, clock=FixedClock(), sleep=lambda _: None)
    with pytest.raises(ModelFailed):
        list(model.stream(REQUEST, deadline=FixedClock()() + timedelta(seconds=45)))

    [request] = sent
    assert str(request.url) == f"https://bedrock-mantle.{region}.api.aws/anthropic/v1/messages"
    assert b'"model":"anthropic.claude-haiku-5-5"' in request.read().replace(b": ", b":")
    authorization = request.headers["authorization"]
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=testing/")
    assert f"/{region}/bedrock-mantle/aws4_request" in authorization
    assert "x-api-key" not in request.headers
