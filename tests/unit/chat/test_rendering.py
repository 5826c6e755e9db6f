"""Events as server-sent events and as one JSON answer."""

import json

import pytest

from leadlayer.chat.model import Delta, Done, Failed, LeadCaptured, LeftToStaff, Started
from leadlayer.chat.rendering import as_json, as_server_sent_events
from leadlayer.core.errors import Problem

EVENTS = [Started("c1", "t1"), Delta("Hé\n\n"), Delta("data: x"), LeadCaptured("lead-id"), Done()]


def test_each_event_is_sent_as_it_comes():
    stream = as_server_sent_events(iter(EVENTS))

    assert next(stream) == b'event: start\ndata: {"conversation":"c1","token":"t1"}\n\n'
    assert next(stream) == 'event: delta\ndata: {"text":"Hé\\n\\n"}\n\n'.encode()
    assert next(stream) == b'event: delta\ndata: {"text":"data: x"}\n\n'
    assert next(stream) == b'event: lead\ndata: {"captured":true}\n\n'
    assert list(stream) == [b"event: done\ndata: {}\n\n"]


def test_the_id_of_a_lead_is_not_told_to_the_visitor():
    assert b"lead-id" not in b"".join(as_server_sent_events(EVENTS))
    assert "lead-id" not in as_json(EVENTS).model_dump_json()


def test_an_error_says_whether_to_try_again():
    [event] = as_server_sent_events([Failed("model_stream_broken", retryable=True)])

    data = event.decode().split("data: ")[1]
    assert json.loads(data) == {"code": "model_stream_broken", "retryable": True}


def test_one_json_answer_holds_everything():
    reply = as_json(EVENTS)

    assert reply.model_dump() == {
        "conversation": "c1",
        "token": "t1",
        "reply": "Hé\n\ndata: x",
        "lead_captured": True,
        "human": False,
    }


def test_a_message_left_to_staff_says_so_in_both_forms():
    events = [Started("c1", "t1"), LeftToStaff(), Done()]

    assert list(as_server_sent_events(events))[1] == b"event: human\ndata: {}\n\n"
    assert (as_json(events).human, as_json(events).reply) == (True, "")


@pytest.mark.parametrize(
    ("code", "retryable", "status"),
    [("model_x", True, 503), ("model_x", False, 503), ("conversation_gone", False, 404)],
)
def test_a_failure_in_json_is_a_problem_without_half_an_answer(code, retryable, status):
    with pytest.raises(Problem) as failed:
        as_json([Started("c", "t"), Delta("half"), Failed(code, retryable=retryable)])

    assert (failed.value.status, failed.value.code) == (status, code)
    assert "half" not in failed.value.body()
    assert bool(failed.value.retry_after_s) is retryable
