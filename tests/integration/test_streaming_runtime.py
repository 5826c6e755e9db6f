"""Streams under the real runtime interface client, behind the local stand-in for API Gateway."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leadlayer.core.streaming import StreamedResponse, post_stream

ROOT = Path(__file__).parents[2]
CHAT = "/v1/sites/demo/chat"
PATIENCE_S = 20.0

FUNCTION = """
import json, os, pathlib, time

from leadlayer.core.streaming import StreamedResponse, install, respond, sse

FOLDER = pathlib.Path(os.environ["FOLDER"])
CAN_STREAM = install()
INVOCATIONS = 0


def wait_for_gate():
    yield sse("first", {})
    while not (FOLDER / "gate").exists():
        time.sleep(0.01)
    yield b""
    yield sse("second", {})
    (FOLDER / "finished").touch()


def long_answer():
    for number in range(2000):
        yield sse("delta", {"text": "x" * 500})
    (FOLDER / "finished").touch()


def fails():
    yield sse("first", {})
    raise LookupError("secret")


def dies():
    yield sse("first", {})
    os._exit(3)


def counts():
    yield sse("count", {"pid": os.getpid(), "invocations": INVOCATIONS})


def sleeps():
    yield sse("first", {})
    time.sleep(30)


BODIES = {"gate": wait_for_gate, "long": long_answer, "fails": fails, "dies": dies,
          "counts": counts, "sleeps": sleeps}


def lambda_handler(event, context):
    global INVOCATIONS
    INVOCATIONS += 1
    case = (event["queryStringParameters"] or {}).get("case", "counts")
    if case == "event":
        return {"statusCode": 201, "headers": {"X-Kind": "proxy"}, "body": json.dumps(event)}
    if case == "imports":
        import pytest
    if case == "slow":
        time.sleep(0.02)
        case = "counts"
    streamed = StreamedResponse(200, {"Content-Type": "text/event-stream"}, BODIES[case]())
    return respond(streamed, can_stream=CAN_STREAM)
"""


class Running:
    """A started front and the folder through which a test and its function meet."""

    def __init__(self, process: subprocess.Popen[str], port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.folder = folder

    @contextlib.contextmanager
    def request(
        self, case: str, *, method: str = "POST", path: str = CHAT, body: bytes = b"{}"
    ) -> Generator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Content-Type": "application/json", "X-Mixed-Case": "kept"}
        with contextlib.closing(connection):
            connection.request(method, f"{path}?case={case}", body, headers)
            with connection.getresponse() as response:
                yield response

    def text(self, case: str) -> str:
        with self.request(case) as response:
            assert response.status == 200
            return response.read().decode()

    def count(self) -> dict[str, int]:
        return json.loads(self.text("counts").split("data: ")[1])

    def finished(self) -> bool:
        return (self.folder / "finished").exists()


def eventually(happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def spawn(tmp_path: Path, source: str, *options: str, **environment: str):
    function = tmp_path / "chat"
    function.mkdir()
    (function / "handler.py").write_text(source, encoding="utf-8")
    lines = [f"{name}={value}" for name, value in {"FOLDER": tmp_path, **environment}.items()]
    env_file = tmp_path / "chat.env"
    env_file.write_text("\n".join(["# for the test", "", *lines]), encoding="utf-8")
    folders = ["--function-dir", str(function), "--layer-dir", str(ROOT / "layers" / "shared")]
    return subprocess.Popen(
        [sys.executable, "-m", "dev.lambda_front", *folders, "--env-file", str(env_file), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def front(tmp_path: Path, *options: str, **environment: str) -> Generator[Running]:
    with spawn(tmp_path, FUNCTION, *options, **environment) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on "), process.communicate()
            yield Running(process, int(line.rsplit(":", 1)[1]), tmp_path)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def one_worker(tmp_path: Path) -> Iterator[Running]:
    with front(tmp_path, "--workers", "1") as running:
        yield running


def test_the_first_piece_arrives_while_the_function_is_still_waiting_for_the_second(
    one_worker: Running,
):
    with one_worker.request("gate") as response:
        assert response.readline() == b"event: first\n"
        assert not one_worker.finished()
        (one_worker.folder / "gate").touch()
        assert b"event: second\n" in response.read()


def test_a_visitor_who_leaves_does_not_keep_the_function_from_finishing(one_worker: Running):
    connection = socket.create_connection(("127.0.0.1", one_worker.port), timeout=PATIENCE_S)
    connection.sendall(f"POST {CHAT}?case=long HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
    connection.close()
    assert eventually(one_worker.finished)
    assert one_worker.count()["invocations"] == 2


def test_a_failure_in_mid_stream_is_an_error_event_and_a_proper_end(one_worker: Running):
    assert one_worker.text("fails") == (
        'event: first\ndata: {}\n\nevent: error\ndata: {"code":"internal","retryable":true}\n\n'
    )
    assert one_worker.count()["invocations"] == 2


def test_one_process_streams_one_answer_after_another(one_worker: Running):
    counts = [one_worker.count() for _ in range(3)]
    assert [count["invocations"] for count in counts] == [1, 2, 3]
    assert len({count["pid"] for count in counts}) == 1


def test_under_sam_local_the_answer_comes_whole(tmp_path: Path):
    with (
        front(tmp_path, "--workers", "1", AWS_SAM_LOCAL="true") as running,
        running.request("fails") as response,
    ):
        assert response.getheader("Content-Length") is not None
        assert response.read().endswith(b'data: {"code":"internal","retryable":true}\n\n')


def test_a_proxy_response_of_a_streaming_function_keeps_its_status_and_headers(
    one_worker: Running,
):
    with one_worker.request("event") as response:
        assert (response.status, response.getheader("X-Kind")) == (201, "proxy")
        event = json.loads(response.read())
    assert event["resource"] == "/v1/sites/{site}/chat"
    assert event["pathParameters"] == {"site": "demo"}
    assert event["headers"]["X-Mixed-Case"] == "kept"
    assert event["multiValueHeaders"]["X-Mixed-Case"] == ["kept"]
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)


def test_a_body_that_is_not_text_reaches_the_function_as_base64(one_worker: Running):
    with one_worker.request("event", body=b"\xff\xfe") as response:
        event = json.loads(response.read())
    assert (event["body"], event["isBase64Encoded"]) == ("//4=", True)


def test_a_path_outside_the_api_does_not_reach_the_function(one_worker: Running):
    with one_worker.request("counts", path="/v1/sites/demo/leads") as response:
        assert response.status == 403
    assert one_worker.count()["invocations"] == 1


def test_a_function_sees_only_the_packages_it_ships(one_worker: Running):
    with one_worker.request("imports") as response:
        assert response.status == 502
        assert b"pytest" not in response.read()


def test_two_hundred_visitors_at_once_wait_for_four_workers_and_are_all_served(tmp_path: Path):
    with front(tmp_path, "--workers", "4") as running, ThreadPoolExecutor(200) as visitors:
        answers = list(visitors.map(running.text, ["slow"] * 200))
        assert len(answers) == 200
        assert all(answer.startswith("event: count\n") for answer in answers)
        assert 1 <= len({json.loads(a.split("data: ")[1])["pid"] for a in answers}) <= 4


def test_more_than_the_queue_holds_is_turned_away(tmp_path: Path):
    with (
        front(tmp_path, "--workers", "1", "--queue", "0") as running,
        running.request("gate") as busy,
    ):
        assert busy.readline() == b"event: first\n"
        with running.request("counts") as response:
            assert response.status == 503
        (running.folder / "gate").touch()
        assert b"event: second\n" in busy.read()


def test_a_process_that_dies_cuts_its_answer_and_the_next_gets_a_new_one(one_worker: Running):
    before = one_worker.count()["pid"]
    with one_worker.request("dies") as response, pytest.raises(http.client.IncompleteRead):
        response.read()
    assert one_worker.count()["pid"] != before


def test_a_function_that_takes_too_long_is_ended_and_replaced(tmp_path: Path):
    with front(tmp_path, "--workers", "1", "--timeout", "1") as running:
        with running.request("sleeps") as response, pytest.raises(http.client.IncompleteRead):
            response.read()
        assert running.count()["invocations"] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_the_front_ends_its_workers(one_worker: Running, number: signal.Signals):
    pid = one_worker.count()["pid"]
    one_worker.process.send_signal(number)
    assert one_worker.process.wait(PATIENCE_S) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_function_that_does_not_start_is_reported_without_its_text(tmp_path: Path):
    with spawn(tmp_path, "raise LookupError('secret')") as process:
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "the function does not start: LookupError" in errors


def test_when_the_runtime_api_hangs_up_the_answer_is_still_made_to_its_end():
    finished = threading.Event()

    def body() -> Iterator[bytes]:
        for _ in range(500):
            yield b"x" * 10_000
        finished.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        hang_up = threading.Thread(target=read_a_little, args=(server,))
        hang_up.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        post_stream(address, "id-1", StreamedResponse(200, {}, body()))
        hang_up.join()
    assert finished.is_set()


def read_a_little(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        assert b"Lambda-Runtime-Function-Response-Mode: streaming" in connection.recv(4096)


def test_the_invocation_id_goes_back_with_the_stream():
    heads: list[bytes] = []

    def answer(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as received:
            for line in received:
                heads.append(line)
                if line == b"0\r\n":
                    break
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        api = threading.Thread(target=answer, args=(server,))
        api.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        streamed = StreamedResponse(207, {"A": "b"}, iter((b"hello",)))
        post_stream(address, "id-1", streamed, invocation_id="once-7")
        api.join()
    assert heads[0] == b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\n"
    assert b"Lambda-Runtime-Invocation-Id: once-7\r\n" in heads
    metadata = b'{"statusCode": 207, "headers": {"A": "b"}}' + b"\0" * 8
    assert metadata + b"\r\n" in heads
    assert b"hello\r\n" in heads
