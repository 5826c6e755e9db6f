"""An export is made once, however often its message comes, and never after it was withdrawn."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.jobs import handler as jobs
from leadlayer.core.clock import epoch
from leadlayer.core.table import Table
from leadlayer.exports.store import LEASE_S
from leadlayer.leads.store import LeadItem
from tests.integration.export_calls import Exporting, add_lead, delivery
from tests.world import Context, World, load_event

DONE: dict[str, Any] = {"batchItemFailures": []}
CANARY = "canary7f3a9"


class TableBreaks(Exception):
    pass


class Interrupting(Table):
    """Does something when leads are read, in the middle of an export."""

    def __init__(self, world: World, act: Callable[[], None]) -> None:
        super().__init__(clock=world.clock)
        self.act = act

    def query(self, model: Any, pk: str, **asked: Any) -> Any:
        if model is LeadItem:
            self.act()
        return super().query(model, pk, **asked)


@pytest.fixture
def exporting(world: World) -> Exporting:
    return Exporting(world)


def interrupted(exporting: Exporting, act: Callable[[], None], seconds: float = 5.0) -> Any:
    """A worker on whose clock some seconds go by with every look at it."""
    ticks = iter(range(1_000_000))
    table = Interrupting(exporting.world, act)
    return jobs.build(replace(exporting.deps, table=table, monotonic=lambda: next(ticks) * seconds))


def broken(exporting: Exporting) -> Any:
    def break_off() -> None:
        raise TableBreaks(CANARY)

    return interrupted(exporting, break_off)


def failed(answer: dict[str, Any]) -> bool:
    return bool(answer["batchItemFailures"])


def of_kind(world: World, kind: str, mail: str = "export_ready") -> list[dict[str, Any]]:
    return [row for row in world.rows(kind) if row["kind"]["S"] == mail]


def test_asking_queues_a_row_and_a_message_with_ids_alone(world: World, exporting: Exporting):
    status, export = exporting.console.call("POST", "/v1/exports", {"format": "csv"})

    assert status == 202
    assert (export["state"], export["progress"], export["format"]) == ("queued", 0, "csv")
    assert exporting.queue.sent == [("export", "a_demo", export["id"])]
    (row,) = world.rows("export")
    assert (row["gsi1pk"]["S"], row["gsi1sk"]["S"]) == ("JOBS", export["id"])


def test_who_asked_gets_a_mail_and_everybody_a_notice_when_it_is_ready(
    world: World, exporting: Exporting
):
    export_id = exporting.ask(member="m_owner")

    assert exporting.work(export_id) == DONE

    assert exporting.state(export_id) == "ready"
    (mail,) = of_kind(world, "mail")
    assert (mail["member_id"]["S"], mail["account_id"]["S"]) == ("m_owner", "a_demo")
    assert len(of_kind(world, "notice")) == 1
    status, export = exporting.console.call("GET", f"/v1/exports/{export_id}")
    assert (status, export["progress"]) == (200, 100)
    assert export["bytes"] == len(exporting.files.read(exporting.files.keys()[0]))


def test_a_message_delivered_twice_makes_one_export(world: World, exporting: Exporting):
    export_id = exporting.ask()
    for _ in range(2):
        assert exporting.work(export_id) == DONE

    assert len(of_kind(world, "mail")) == len(of_kind(world, "notice")) == 1
    assert [row["tries"]["N"] for row in world.rows("export")] == ["1"]


def test_a_message_delivered_while_the_export_is_made_does_nothing(
    world: World, exporting: Exporting
):
    export_id = exporting.ask()
    answers: list[Any] = []

    assert (
        exporting.work(
            export_id,
            worker=interrupted(exporting, lambda: answers.append(exporting.work(export_id))),
        )
        == DONE
    )

    assert answers == [DONE]
    assert [row["tries"]["N"] for row in world.rows("export")] == ["1"]
    assert len(of_kind(world, "mail")) == 1


def test_a_crash_in_the_middle_is_tried_again_and_leaves_no_half_file(exporting: Exporting):
    add_lead(exporting.world)
    export_id = exporting.ask()

    assert failed(exporting.work(export_id, worker=broken(exporting)))

    assert exporting.files.keys() == exporting.files.unfinished() == []
    assert exporting.state(export_id) == "running"
    assert exporting.work(export_id) == DONE
    assert exporting.state(export_id) == "ready"
    assert exporting.archive().testzip() is None


def test_a_function_that_died_frees_its_export_when_its_time_is_over(
    world: World, exporting: Exporting
):
    export_id = exporting.ask()
    found = exporting.store.find("a_demo", export_id)
    assert found is not None
    assert exporting.store.claim(found) is not None

    world.clock.advance(seconds=LEASE_S - 1)
    exporting.work(export_id)
    assert exporting.state(export_id) == "running"

    world.clock.advance(seconds=1)
    exporting.work(export_id)
    assert exporting.state(export_id) == "ready"


def test_what_fails_three_times_has_failed_and_another_may_be_asked_for(exporting: Exporting):
    export_id = exporting.ask()
    worker = broken(exporting)
    assert [failed(exporting.work(export_id, worker=worker)) for _ in range(4)] == [
        True,
        True,
        True,
        False,
    ]

    assert exporting.state(export_id) == "failed"
    assert exporting.work(exporting.ask()) == DONE


def test_a_function_that_dies_three_times_is_given_up_at_the_fourth(
    world: World, exporting: Exporting
):
    export_id = exporting.ask()
    for _ in range(3):
        found = exporting.store.find("a_demo", export_id)
        assert found is not None
        assert exporting.store.claim(found) is not None
        world.clock.advance(seconds=LEASE_S)

    exporting.work(export_id)

    assert exporting.state(export_id) == "failed"
    assert exporting.files.keys() == []


def test_an_export_withdrawn_while_it_is_made_never_becomes_ready(
    world: World, exporting: Exporting
):
    add_lead(world)
    export_id = exporting.ask()

    exporting.work(
        export_id,
        worker=interrupted(exporting, lambda: exporting.store.withdraw_all("a_demo") and None),
    )

    assert exporting.state(export_id) == "withdrawn"
    assert exporting.files.keys() == exporting.files.unfinished() == []
    assert of_kind(world, "mail") == of_kind(world, "notice") == []


def test_it_makes_no_difference_that_nobody_looked_between_the_withdrawal_and_the_end(
    world: World, exporting: Exporting
):
    add_lead(world)
    export_id = exporting.ask()
    worker = interrupted(
        exporting, lambda: exporting.store.withdraw_all("a_demo") and None, seconds=0
    )

    exporting.work(export_id, worker=worker)

    assert exporting.state(export_id) == "withdrawn"
    assert exporting.files.keys() == []


def test_twin_the_same_worker_finishes_what_nobody_withdrew(exporting: Exporting):
    export_id = exporting.ask()

    exporting.work(export_id, worker=interrupted(exporting, lambda: None))

    assert exporting.state(export_id) == "ready"
    assert len(exporting.files.keys()) == 1


def test_withdrawing_says_where_the_files_lie_and_lets_another_begin(exporting: Exporting):
    first = exporting.ask()
    exporting.work(first)
    second = exporting.ask()

    going = exporting.store.withdraw_all("a_demo")

    assert sorted(going) == sorted(f"exports/a_demo/{each}.zip" for each in (first, second))
    assert exporting.store.withdraw_all("a_demo") == []
    assert exporting.work(second) == DONE
    assert exporting.state(second) == "withdrawn"
    exporting.ask()


def test_a_file_left_by_a_maker_that_died_after_the_withdrawal_is_deleted_later(
    world: World, exporting: Exporting
):
    export_id = exporting.ask()
    found = exporting.store.find("a_demo", export_id)
    assert found is not None
    assert exporting.store.claim(found) is not None
    exporting.store.withdraw_all("a_demo")
    exporting.files.s3.put_object(Bucket="leadlayer-test-exports", Key=found.key, Body=b"late")

    world.clock.advance(seconds=LEASE_S)
    assert exporting.sweep() == {"sent": 1}
    exporting.work(export_id)

    assert exporting.files.keys() == []
    assert exporting.sweep() == {"sent": 0}


@pytest.mark.parametrize(("age", "sent"), [(timedelta(minutes=14), 0), (timedelta(minutes=16), 1)])
def test_the_schedule_sends_again_what_nobody_finished(
    world: World, exporting: Exporting, age: timedelta, sent: int
):
    export_id = exporting.ask()
    exporting.queue.sent.clear()
    world.clock.now += age

    assert exporting.sweep() == {"sent": sent}

    assert exporting.queue.sent == [("export", "a_demo", export_id)] * sent


def test_the_file_and_its_row_are_gone_after_seven_days(world: World, exporting: Exporting):
    export_id = exporting.ask()
    world.clock.advance(hours=1)
    exporting.work(export_id)
    (row,) = world.rows("export")
    assert int(row["expires_at"]["N"]) == epoch(world.clock()) + 7 * 86_400

    world.clock.advance(days=7, seconds=-1)
    assert exporting.state(export_id) == "ready"
    world.clock.advance(seconds=1)
    assert exporting.state(export_id) == "gone"
    assert exporting.console.call("POST", f"/v1/exports/{export_id}/link")[0] == 404


@pytest.mark.parametrize(
    "body", ["", "[]", {"kind": "export"}, {"kind": "x", "account": "a_demo", "job": "j"},
             {"kind": "export", "account": "a#b", "job": "j"}, 7]
)  # fmt: skip
def test_a_message_that_is_no_job_is_reported_and_changes_nothing(
    world: World, exporting: Exporting, body: Any
):
    before = world.rows()

    assert failed(exporting.worker(delivery(body), Context()))

    assert world.rows() == before


def test_the_malformed_event_is_reported_by_its_number(exporting: Exporting):
    event = load_event("jobs.malformed")
    number = event["Records"][0]["messageId"]

    answer = exporting.worker(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}


def test_a_job_of_another_account_is_not_there(exporting: Exporting):
    export_id = exporting.ask()

    assert exporting.work(export_id, account="a_other") == DONE

    assert exporting.state(export_id) == "queued"


def test_no_log_line_quotes_an_error_or_a_lead(
    exporting: Exporting, capfd: pytest.CaptureFixture[str]
):
    add_lead(exporting.world, name=CANARY, email="a@visitor.example")
    export_id = exporting.ask()
    exporting.work(export_id, worker=broken(exporting))
    exporting.work(export_id)

    said = "".join(capfd.readouterr())

    assert CANARY not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["event"] for line in lines] == ["job_failed", "export_ready"]
    assert lines[0]["error_type"] == "TableBreaks"
