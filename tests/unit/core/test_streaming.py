"""What streaming.py promises without a Runtime API: events, the whole answer, the guard."""

import json
from collections.abc import Iterator
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.core.streaming import (
    ERROR_EVENT,
    StreamedResponse,
    buffered,
    install,
    respond,
    sse,
)

EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
ON_LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}


def pieces(*values: bytes) -> Iterator[bytes]:
    yield from values


def failing(*values: bytes) -> Iterator[bytes]:
    yield from values
    raise LookupError("jan@example.com")


class Marshaller:
    def marshal_response(self, response):
        return json.dumps(response), "application/json"


def client_class(parameters: str) -> type:
    """A client like awslambdaric's, whose posting method has the given parameters."""
    namespace: dict = {}
    exec(  # noqa: S102 - the shape of the signature is the input here
        f"class Client:\n    def post_invocation_result({parameters}):\n"
        "        self.posted = (invoke_id, result_data, content_type)\n",
        namespace,
    )
    return namespace["Client"]


def runtime(
    parameters: str = 'self, invoke_id, result_data, content_type="", invocation_id=None',
    class_name: str = "BaseLambdaRuntimeClient",
) -> dict[str, ModuleType]:
    """The two modules of a running awslambdaric, as fakes."""
    client = ModuleType("awslambdaric.lambda_runtime_client")
    setattr(client, class_name, client_class(parameters))
    marshaller = ModuleType("awslambdaric.lambda_runtime_marshaller")
    marshaller.LambdaMarshaller = type("LambdaMarshaller", (Marshaller,), {})  # type: ignore[attr-defined]
    marshaller.LambdaMarshaller.marshal_response = Marshaller.marshal_response  # type: ignore[attr-defined]
    return {client.__name__: client, marshaller.__name__: marshaller}


def marshal(modules: dict[str, ModuleType], response: object):
    return (
        modules["awslambdaric.lambda_runtime_marshaller"]
        .LambdaMarshaller()
        .marshal_response(response)
    )


def test_an_event_names_its_type_and_carries_its_data_as_one_line_of_json():
    assert sse("delta", {"text": "één\nregel"}) == (
        'event: delta\ndata: {"text":"één\\nregel"}\n\n'.encode()
    )


@given(st.text(alphabet=st.characters()))
def test_no_text_can_break_out_of_its_event(text: str):
    event = sse("delta", {"text": text})
    name, data, *rest = event.split(b"\n")
    assert name == b"event: delta"
    assert (
        json.loads(data.removeprefix(b"data: "))["text"] == text.encode("utf-8", "replace").decode()
    )
    assert rest == [b"", b""]
    assert b"\r" not in event


def test_a_surrogate_without_its_partner_does_not_stop_an_answer():
    assert sse("delta", {"text": "a\ud800b"}) == b'event: delta\ndata: {"text":"a?b"}\n\n'


def test_a_buffered_answer_is_an_ordinary_proxy_response():
    answer = buffered(StreamedResponse(201, EVENTS, pieces(b"a\xc3", b"\xa9", b"b")))
    assert answer == {
        "statusCode": 201,
        "headers": EVENTS,
        "body": "aéb",
        "isBase64Encoded": False,
    }


def test_a_failure_while_buffering_becomes_an_error_event_without_its_text(caplog):
    answer = buffered(StreamedResponse(200, EVENTS, failing(b"data: 1\n\n")))
    assert answer["body"] == (
        'data: 1\n\nevent: error\ndata: {"code":"internal","retryable":true}\n\n'
    )
    assert "LookupError" in caplog.text
    assert "jan@example.com" not in caplog.text


def test_a_failure_in_an_answer_that_is_no_event_stream_only_ends_it():
    answer = buffered(StreamedResponse(200, {"content-type": "text/plain"}, failing(b"half")))
    assert answer["body"] == "half"


def test_the_error_event_is_the_one_of_the_api():
    assert ERROR_EVENT == b'event: error\ndata: {"code":"internal","retryable":true}\n\n'


def test_a_runtime_that_can_stream_gets_the_unread_stream():
    streamed = StreamedResponse(200, EVENTS, pieces(b"a"))
    assert respond(streamed, can_stream=True) is streamed
    assert next(streamed.body) == b"a"


def test_a_runtime_that_cannot_stream_gets_the_whole_answer():
    streamed = StreamedResponse(200, EVENTS, pieces(b"a", b"b"))
    answer = respond(streamed, can_stream=False)
    assert isinstance(answer, dict)
    assert answer["body"] == "ab"


@pytest.mark.parametrize(
    "modules",
    [
        runtime(),
        runtime('self, invoke_id, result_data, content_type="application/json"'),
        runtime(class_name="LambdaRuntimeClient"),
    ],
    ids=["4.2", "without invocation id", "3.x, one client class"],
)
def test_every_known_client_is_taught_to_stream(modules: dict[str, ModuleType]):
    assert install(ON_LAMBDA, modules)
    streamed = StreamedResponse(200, EVENTS, pieces(b"a"))
    assert marshal(modules, streamed) == (
        streamed,
        "application/vnd.awslambda.http-integration-response",
    )


def test_installing_twice_wraps_the_client_once():
    modules = runtime()
    client = modules["awslambdaric.lambda_runtime_client"].BaseLambdaRuntimeClient
    assert install(ON_LAMBDA, modules)
    once = client.post_invocation_result
    assert install(ON_LAMBDA, modules)
    assert client.post_invocation_result is once


def test_ordinary_answers_take_the_clients_own_way():
    modules = runtime()
    install(ON_LAMBDA, modules)
    client = modules["awslambdaric.lambda_runtime_client"].BaseLambdaRuntimeClient()
    client.post_invocation_result("id-1", "{}", "application/json", "invocation-1")
    assert client.posted == ("id-1", "{}", "application/json")
    assert marshal(modules, {"batchItemFailures": []}) == (
        '{"batchItemFailures": []}',
        "application/json",
    )


@pytest.mark.parametrize(
    ("body", "is_base64", "expected"),
    [('{"a":"é"}', False, '{"a":"é"}'.encode()), ("R0lG", True, b"GIF"), (None, False, b"")],
)
def test_a_proxy_response_becomes_a_stream_because_the_integration_understands_no_other(
    body: str | None, is_base64: bool, expected: bytes
):
    modules = runtime()
    install(ON_LAMBDA, modules)
    proxy = {
        "statusCode": 404,
        "headers": {"Content-Type": "application/problem+json"},
        "multiValueHeaders": {"Vary": ["Origin", "Accept"]},
        "body": body,
        "isBase64Encoded": is_base64,
    }
    stream, _ = marshal(modules, proxy)
    assert stream.status == 404
    assert stream.headers == {"Content-Type": "application/problem+json", "Vary": "Origin, Accept"}
    assert b"".join(stream.body) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        "self, invoke_id, result_data, content_type, tenant_id",
        "self, result_data, invoke_id, content_type",
        "self, invoke_id, result_data, *, content_type",
    ],
)
def test_a_client_with_another_signature_is_left_as_it_is(parameters: str):
    modules = runtime(parameters)
    client = modules["awslambdaric.lambda_runtime_client"].BaseLambdaRuntimeClient
    before = client.post_invocation_result
    assert not install(ON_LAMBDA, modules)
    assert client.post_invocation_result is before
    assert marshal(modules, {"statusCode": 200}) == ('{"statusCode": 200}', "application/json")


def test_a_client_without_the_known_classes_is_left_as_it_is():
    assert not install(ON_LAMBDA, runtime(class_name="AnotherClient"))


@pytest.mark.parametrize(
    ("environment", "modules"),
    [
        ({}, runtime()),
        (ON_LAMBDA, {}),
        (ON_LAMBDA | {"AWS_SAM_LOCAL": "true"}, runtime()),
    ],
    ids=["outside Lambda", "another runtime", "sam local"],
)
def test_answers_are_whole_where_nothing_can_stream(
    environment: dict[str, str], modules: dict[str, ModuleType]
):
    assert not install(environment, modules)
    if modules:
        assert marshal(modules, {"statusCode": 200})[1] == "application/json"
