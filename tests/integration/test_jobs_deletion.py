"""Bulk deletions go on until nothing is left, with a message for each stretch of time."""

from dataclasses import replace
from typing import Any

import pytest

from functions.jobs import handler as jobs
from leadlayer.core.ids import ulid
from leadlayer.privacy.deletions import LEASE_S, Deletion, DeletionStore
from tests.integration.export_calls import Exporting, add_lead, delivery
from tests.world import Context, World

DONE: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def exporting(world: World) -> Exporting:
    return Exporting(world)


def queued(world: World, count: int) -> tuple[str, list[str]]:
    """A deletion of some leads of the site, which has one more."""
    add_lead(world, email="stays@visitor.example")
    going = tuple(add_lead(world, email=f"v{n}@visitor.example") for n in range(count))
    job = Deletion(ulid(world.clock()), "a_demo", "s_demo", going, (), total=count)
    DeletionStore(world.table, clock=world.clock).add(job)
    return job.id, list(going)


def work(worker: Any, job_id: str) -> dict[str, Any]:
    return worker(delivery({"kind": "deletion", "account": "a_demo", "job": job_id}), Context())


def kept(world: World) -> list[str]:
    return [row["email"]["S"] for row in world.rows("lead")]


def test_a_deletion_is_worked_through(world: World, exporting: Exporting):
    job_id, going = queued(world, 30)

    assert work(exporting.worker, job_id) == DONE

    assert kept(world) == ["stays@visitor.example"]
    assert len(exporting.ledger.entries) == len(going)
    assert exporting.queue.sent == []


def test_one_that_takes_longer_than_a_function_may_goes_on_with_another_message(
    world: World, exporting: Exporting
):
    ticks = iter(range(0, 10**9, 595))
    hurried = jobs.build(replace(exporting.deps, monotonic=lambda: next(ticks)))
    job_id, _ = queued(world, 60)

    assert work(hurried, job_id) == DONE

    assert 1 < len(kept(world)) < 61
    assert exporting.queue.sent == [("deletion", "a_demo", job_id)]
    assert work(exporting.worker, job_id) == DONE
    assert kept(world) == ["stays@visitor.example"]


def test_deleting_withdraws_the_exports_that_hold_it(world: World, exporting: Exporting):
    job_id, _ = queued(world, 1)
    export_id = exporting.ask()
    exporting.work(export_id)
    assert len(exporting.files.keys()) == 1

    work(exporting.worker, job_id)

    assert exporting.state(export_id) == "withdrawn"
    assert exporting.files.keys() == []


def test_the_schedule_takes_up_a_deletion_that_nobody_finished(world: World, exporting: Exporting):
    job_id, _ = queued(world, 1)
    world.clock.advance(minutes=16)

    assert exporting.sweep() == {"sent": 1}

    assert exporting.queue.sent == [("deletion", "a_demo", job_id)]


def test_however_often_the_schedule_comes_one_worker_follows_another(
    world: World, exporting: Exporting
):
    job_id, _ = queued(world, 60)
    world.clock.advance(minutes=16)
    follow_ups: list[int] = []

    def meanwhile() -> float:
        """While the worker is busy the schedule comes, and two messages too many."""
        tick = next(ticks)
        if tick:
            assert exporting.sweep() == {"sent": 0}
            for _ in range(2):
                assert work(exporting.worker, job_id) == DONE
        return tick

    while len(kept(world)) > 1:
        # It begins, erases a batch, and then its time is over.
        ticks = iter((0, 595))
        hurried = jobs.build(replace(exporting.deps, monotonic=meanwhile))
        before = len(exporting.queue.sent)
        assert work(hurried, job_id) == DONE
        follow_ups.append(len(exporting.queue.sent) - before)

    assert follow_ups == [1, 1, 0]
    assert kept(world) == ["stays@visitor.example"]


def test_the_schedule_leaves_a_deletion_alone_until_its_lease_is_over(
    world: World, exporting: Exporting
):
    job_id, _ = queued(world, 1)
    world.clock.advance(minutes=16)
    deletions = DeletionStore(world.table, clock=world.clock)
    waiting = deletions.find("a_demo", job_id)
    assert waiting is not None
    assert deletions.claim(waiting)

    world.clock.advance(seconds=LEASE_S - 1)
    assert exporting.sweep() == {"sent": 0}
    world.clock.advance(seconds=1)
    assert exporting.sweep() == {"sent": 1}
    assert work(exporting.worker, job_id) == DONE

    assert kept(world) == ["stays@visitor.example"]
