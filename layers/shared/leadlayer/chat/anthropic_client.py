"""The only user of Anthropic's SDK: one streamed answer, tried again only while nothing was shown.

`create(stream=True)` gives the raw events: cheaper than the `stream()` helper, and complete.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

import anthropic
import httpx2
from anthropic.lib.bedrock import AnthropicBedrockMantle

from leadlayer.chat.model import (
    Finished,
    ModelEvent,
    ModelFailed,
    ModelRequest,
    TextDelta,
    ToolCall,
    Usage,
)
from leadlayer.chat.prompts import CAPTURE_LEAD
from leadlayer.core import log
from leadlayer.core.clock import Clock

# Silence of the model: with an answer's 45 s it still ends before the function's own 60 s.
_TIMEOUT = httpx2.Timeout(13, connect=2)
_FIRST_WAIT_S = 0.4
_LONGEST_WAIT_S = 5.0
# An answer shorter than this is not worth waiting for any more.
_LEAST_TIME_S = 3.0
_RETRIED_STATUS = frozenset({408, 409, 429})
_RETRIED_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})

type Create = Callable[..., Any]


class Truncated(Exception):
    """The stream ended without a message_stop."""


# The SDK passes on what happens inside a stream as it is: httpx2's errors, and broken JSON.
_STREAM_ERRORS = (anthropic.APIError, httpx2.HTTPError, json.JSONDecodeError, Truncated)


def direct(*, api_key: str, base_url: str, on_request: Callable[[httpx2.Request], None]) -> Create:
    """Anthropic's own API. It processes worldwide: the sub-processor page says so.

    `on_request` is the egress guard; it raises before a byte leaves.
    """
    client = anthropic.Anthropic(
        api_key=api_key,
        base_url=base_url,
        timeout=_TIMEOUT,
        max_retries=0,
        http_client=httpx2.Client(timeout=_TIMEOUT, event_hooks={"request": [on_request]}),
        open_telemetry=False,
    )
    return client.messages.create


def bedrock(*, region: str, on_request: Callable[[httpx2.Request], None]) -> Create:
    """Claude on Amazon Bedrock in the function's own EU region, signed with the function's role."""
    client = AnthropicBedrockMantle(
        aws_region=region,
        timeout=_TIMEOUT,
        max_retries=0,
        http_client=httpx2.Client(timeout=_TIMEOUT, event_hooks={"request": [on_request]}),
    )

    ask: Create = client.messages.create

    def create(*, model: str, **parameters: Any) -> Any:
        return ask(model=f"anthropic.{model}", **parameters)

    return create


class AnthropicModel:
    """`create` is asked for with every question, so that its secret is neither in a SnapStart
    snapshot nor kept when it was replaced."""

    def __init__(
        self,
        create: Callable[[], Create],
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._create = create
        self._clock = clock
        self._sleep = sleep

    def stream(self, request: ModelRequest, *, deadline: datetime) -> Iterator[ModelEvent]:
        """Raises ModelFailed. Retries 429, 5xx, 529 and broken connections until the deadline, but
        never after the visitor may have seen something of it."""
        attempt = 0
        while True:
            passed_on = False
            try:
                for event in self._once(request):
                    # What it costs is no part of what the visitor sees.
                    passed_on = passed_on or not isinstance(event, Usage)
                    yield event
                    self._check_time(event, deadline)
                return
            except _STREAM_ERRORS as error:
                wait_s = _wait_s(error, attempt)
                left_s = (deadline - self._clock()).total_seconds() - wait_s
                if passed_on or not _is_passing(error) or left_s < _LEAST_TIME_S:
                    raise _failure(error, passed_on=passed_on) from None
                log.event("model_retry", code=_kind(error), attempt=attempt)
                self._sleep(wait_s)
                attempt += 1

    def _check_time(self, event: ModelEvent, deadline: datetime) -> None:
        """A stream that never ends would take the function down before the failure is stored."""
        if self._clock() > deadline and not isinstance(event, Finished):
            raise Truncated

    def _once(self, request: ModelRequest) -> Iterator[ModelEvent]:
        stream = self._create()(
            model=request.model,
            max_tokens=request.max_tokens,
            # The prompt of a site is the same for all its visitors: cached, it costs a tenth.
            system=[
                {"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}
            ],
            messages=request.messages,
            tools=[CAPTURE_LEAD],
            thinking={"type": "disabled"},
            stream=True,
        )
        try:
            yield from _events(stream)
        finally:
            stream.close()


def _events(stream: Any) -> Iterator[ModelEvent]:
    """Our events from the raw ones. A stream that just ends was cut: the SDK does not say so."""
    tools = _ToolReader()
    stop_reason = ""
    written = 0
    for event in stream:
        match event.type:
            case "message_start":
                yield _read(event.message.usage)
            case "content_block_delta" if event.delta.type == "text_delta":
                yield TextDelta(event.delta.text)
            case "message_delta":
                stop_reason = event.delta.stop_reason or ""
                # Cumulative, not an increment.
                written = event.usage.output_tokens
            case "message_stop":
                yield Usage(output_tokens=written)
                yield Finished(stop_reason)
                return
            case _:
                if call := tools.feed(event):
                    yield call
    raise Truncated


class _ToolReader:
    """Puts a tool call together, whose input comes as pieces of JSON text."""

    def __init__(self) -> None:
        self._block: Any = None
        self._json = ""

    def feed(self, event: Any) -> ToolCall | None:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            self._block, self._json = event.content_block, ""
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            self._json += event.delta.partial_json
        elif event.type == "content_block_stop" and self._block is not None:
            block, self._block = self._block, None
            return ToolCall(block.id, block.name, _tool_input(self._json))
        return None


def _read(usage: Any) -> Usage:
    cached = usage.cache_read_input_tokens or 0
    written = usage.cache_creation_input_tokens or 0
    return Usage(input_tokens=usage.input_tokens + written + cached, cached_tokens=cached)


def _tool_input(text: str) -> dict[str, Any]:
    """A model may write broken JSON: then the tool was called without anything."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _kind(error: Exception) -> str:
    """Anthropic's stable error type; never the message, which may quote the request."""
    return str(getattr(error, "type", None) or type(error).__name__)


def _is_passing(error: Exception) -> bool:
    if isinstance(error, anthropic.APIStatusError):
        status = error.status_code
        # An error inside a stream comes with status 200; only its type tells.
        return status in _RETRIED_STATUS or status >= 500 or _kind(error) in _RETRIED_TYPES
    if isinstance(error, anthropic.APIConnectionError):
        # The SDK wraps whatever stops a request so, a refusal of our own egress guard too.
        return isinstance(error.__cause__, (httpx2.HTTPError, OSError, type(None)))
    return not isinstance(error, anthropic.APIError)


def _wait_s(error: Exception, attempt: int) -> float:
    response = getattr(error, "response", None)
    asked = response.headers.get("retry-after") if response is not None else None
    usual = _FIRST_WAIT_S * 2**attempt
    try:
        wait = float(asked) if asked else usual
    except ValueError:
        wait = usual
    # Also no number, which compares with nothing, and a moment in the past.
    if not wait >= 0:
        wait = usual
    return min(wait, _LONGEST_WAIT_S) * random.uniform(1.0, 1.2)


def _failure(error: Exception, *, passed_on: bool) -> ModelFailed:
    if passed_on:
        return ModelFailed("model_stream_broken", retryable=True)
    if isinstance(error, anthropic.RateLimitError):
        return ModelFailed("model_rate_limited", retryable=True)
    if _is_passing(error):
        return ModelFailed("model_unavailable", retryable=True)
    log.event("model_refused_request", level="error", code=_kind(error))
    return ModelFailed("model_unavailable", retryable=False)
