"""The model client understands a server that others wrote: fakellm speaks Anthropic's wire."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from leadlayer.chat.anthropic_client import AnthropicModel, direct
from leadlayer.chat.model import Finished, ModelEvent, ModelRequest, TextDelta, ToolCall, Usage
from leadlayer.core.clock import utc_now

SCRIPT = """
version: 1
rules:
  - name: wants_contact
    when:
      messages_contain: "bel mij"
    respond:
      tool_calls:
        - name: capture_lead
          arguments: {phone: "[PHONE_1]", consent_given: false}
  - name: opening_hours
    when:
      messages_contain: "open"
    respond:
      content: "Van negen tot vijf."
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = tmp_path_factory.mktemp("fakellm") / "fakellm.yaml"
    config.write_text(SCRIPT)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    fakellm = Path(sys.executable).with_name("fakellm")
    server = subprocess.Popen(
        [fakellm, "serve", "--host", "127.0.0.1", "--port", str(port), "--config", config],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("fakellm did not start")


def ask(url: str, text: str) -> list[ModelEvent]:
    model = AnthropicModel(
        lambda: direct(api_key="sk-test", base_url=url, on_request=lambda _: None), clock=utc_now
    )
    request = ModelRequest(
        model="claude-haiku-5-5",
        max_tokens=100,
        system="You are the AI assistant.",
        messages=[{"role": "user", "content": text}],
    )
    return list(model.stream(request, deadline=utc_now() + timedelta(seconds=20)))


def test_a_streamed_answer_arrives_in_pieces_and_ends_with_its_usage(url: str):
    *pieces, finished = ask(url, "Wanneer zijn jullie open?")

    texts = [piece.text for piece in pieces if isinstance(piece, TextDelta)]
    assert "".join(texts).strip() == "Van negen tot vijf."
    assert len(texts) > 1
    assert isinstance(finished, Finished)
    assert finished.stop_reason == "end_turn"
    used = [piece.output_tokens for piece in pieces if isinstance(piece, Usage)]
    assert used[-1] > 0


def test_a_tool_call_arrives_whole(url: str):
    *_, call, _, finished = ask(url, "bel mij op [PHONE_1]")

    assert isinstance(call, ToolCall)
    assert (call.name, call.input) == (
        "capture_lead",
        {"phone": "[PHONE_1]", "consent_given": False},
    )
    assert isinstance(finished, Finished)
    assert finished.stop_reason == "tool_use"
