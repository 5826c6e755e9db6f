"""Where the chat function's own model client may go: to the model in force, and nowhere else."""

import json
import time
from datetime import timedelta

import pytest

from functions.chat.handler import _model, tell_if_answers_are_whole
from leadlayer.chat.model import ModelFailed, ModelRequest, TextDelta
from leadlayer.core.clock import utc_now
from leadlayer.core.settings import Settings
from tests.fakes.anthropic_server import answer, anthropic_server

REQUEST = ModelRequest("claude-haiku-5-5", 100, "system", [{"role": "user", "content": "Hallo"}])


def ask(stage: str, url: str, *, made: list[str] | None = None):
    names = [] if made is None else made
    settings = Settings(stage, "table", anthropic_base_url=url)
    model = _model(settings, lambda name: names.append(name) or "sk-test")
    return model.stream(REQUEST, deadline=utc_now() + timedelta(seconds=45))


def test_a_stand_in_on_this_machine_is_asked_only_locally(capsys):
    with anthropic_server([answer("Hoi")]) as server:
        assert TextDelta("Hoi") in list(ask("local", server.url))
        with pytest.raises(ModelFailed):
            list(ask("prod", server.url))

        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://api.anthropic.com.example",
        "http://api.anthropic.com",
        "https://api.resend.example",
        "https://169.254.169.254",
    ],
)
@pytest.mark.parametrize("stage", ["local", "prod"])
def test_any_other_host_is_refused_at_once_and_for_good(stage, url, capsys):
    began = time.monotonic()

    with pytest.raises(ModelFailed) as failed:
        list(ask(stage, url))

    assert failed.value.retryable is False
    assert time.monotonic() - began < 5
    assert "sk-test" not in "".join(capsys.readouterr())


def test_a_secret_that_was_replaced_is_used_from_the_next_question_on():
    keys = iter(["sk-old", "sk-old", "sk-new"])
    with anthropic_server([answer("Hoi")]) as server:
        settings = Settings("local", "table", anthropic_base_url=server.url)
        model = _model(settings, lambda _: next(keys))
        for _ in range(3):
            list(model.stream(REQUEST, deadline=utc_now() + timedelta(seconds=45)))

    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer sk-old", "Bearer sk-old", "Bearer sk-new"]


def test_a_function_that_cannot_stream_in_the_cloud_says_so(capsys):
    lambda_api = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}
    for can_stream, environment in (
        (True, lambda_api),
        (False, {}),
        (False, lambda_api | {"AWS_SAM_LOCAL": "true"}),
    ):
        tell_if_answers_are_whole(environment, can_stream=can_stream)
    assert capsys.readouterr().out == ""

    tell_if_answers_are_whole(lambda_api, can_stream=False)
    event = json.loads(capsys.readouterr().out)
    assert (event["event"], event["level"]) == ("streaming_unavailable", "error")


def test_the_secret_is_read_at_the_first_question():
    made: list[str] = []
    with anthropic_server([answer("Hoi")]) as server:
        events = ask("local", server.url, made=made)
        assert made == []
        list(events)

    assert made == ["anthropic-api-key"]
    assert server.requests[0].headers["authorization"] == "Bearer sk-test"
