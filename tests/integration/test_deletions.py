"""Deleting in bulk: by ids or by day, in steps, to the end, whoever crashes or comes twice."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from leadlayer.privacy.deletions import LEASE_S, DeletionStore, run_deletion
from leadlayer.privacy.erasure import open_eraser
from tests.integration.inbox_calls import Shop, foreign_site
from tests.world import World


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop(world)


def ask(shop: Shop, **wanted) -> str:
    body = {"site": "s_demo", "confirmation": "DELETE"} | wanted
    status, answer = shop.console.call("POST", "/v1/deletions", body)
    assert (status, answer["state"], answer["done"]) == (202, "queued", 0)
    assert shop.console.jobs.sent[-1] == ("deletion", "a_demo", answer["id"])
    return answer["id"]


def work(shop: Shop, job_id: str, *, time_left: float | Callable[[], float] = 900) -> bool:
    deps = shop.console.deps
    eraser = open_eraser(deps.table, ledger=deps.ledger, files=deps.files, clock=deps.clock)
    deletions = DeletionStore(deps.table, clock=deps.clock)
    left = time_left if callable(time_left) else lambda: time_left
    return run_deletion("a_demo", job_id, deletions=deletions, eraser=eraser, time_left=left)


def progress(shop: Shop, job_id: str) -> tuple[str, int, int]:
    status, answer = shop.console.call("GET", f"/v1/deletions/{job_id}")
    assert status == 200
    return answer["state"], answer["done"], answer["total"]


def ids(shop: Shop, kind: str) -> list[str]:
    rows = shop.world.rows(kind)
    return [row["gsi1sk" if kind == "conversation" else "sk"]["S"] for row in rows]


def test_named_leads_and_conversations_go_and_the_others_stay(shop: Shop):
    gone, stays = shop.leave(), shop.leave(email="buur@example.org", phone="0687654321")
    talk = shop.talk()["conversation"]
    job_id = ask(shop, leads=[gone, gone, "no-such-lead"], conversations=[talk])
    assert progress(shop, job_id) == ("queued", 0, 4)

    assert work(shop, job_id)

    assert progress(shop, job_id) == ("done", 4, 4)
    assert ids(shop, "lead") == [f"LEAD#{stays}"]
    assert ids(shop, "conversation") == []
    [row] = shop.world.rows("deletion")
    # Nobody finds it among the jobs any more, and it goes by itself.
    assert "gsi1pk" not in row
    assert "expires_at" in row


def test_a_worker_that_runs_out_of_time_is_followed_by_another(shop: Shop):
    leads = [shop.leave() for _ in range(30)]
    job_id = ask(shop, leads=leads)

    assert work(shop, job_id, time_left=5) is False
    assert progress(shop, job_id) == ("running", 25, 30)
    assert len(ids(shop, "lead")) == 5
    assert work(shop, job_id, time_left=5)
    assert progress(shop, job_id) == ("done", 30, 30)
    # One message too many is no harm, nor is one for a job that never was.
    assert work(shop, job_id)
    assert work(shop, "no-such-job")


def test_everything_from_before_a_day_goes_and_nothing_of_that_day(shop: Shop):
    shop.leave(started=shop.talk())
    shop.talk()
    shop.world.clock.advance(hours=14)
    stays = shop.leave()
    talk = shop.talk()["conversation"]
    job_id = ask(shop, before="2026-11-24")

    assert work(shop, job_id, time_left=5) is False
    assert progress(shop, job_id) == ("running", 0, 3)
    assert work(shop, job_id)

    assert progress(shop, job_id) == ("done", 3, 3)
    assert ids(shop, "lead") == [f"LEAD#{stays}"]
    assert ids(shop, "conversation") == [talk]


def test_many_from_before_a_day_go_page_by_page(shop: Shop):
    for _ in range(51):
        shop.leave()
    shop.world.clock.advance(days=1)
    job_id = ask(shop, before="2026-11-24")

    assert work(shop, job_id)

    assert progress(shop, job_id) == ("done", 51, 51)
    assert ids(shop, "lead") == []
    assert shop.world.rows("subject_ref") == []


def test_two_workers_at_once_count_each_lead_once(shop: Shop):
    job_id = ask(shop, leads=[shop.leave() for _ in range(3)])
    deletions = DeletionStore(shop.world.table, clock=shop.world.clock)
    read_by_the_slow_one = deletions.find("a_demo", job_id)
    assert read_by_the_slow_one is not None

    assert work(shop, job_id)

    step = replace(read_by_the_slow_one, done=3, step=read_by_the_slow_one.step + 1)
    assert not deletions.save(step)
    assert progress(shop, job_id) == ("done", 3, 3)


def test_one_worker_at_a_time_and_another_after_its_lease(shop: Shop):
    job_id = ask(shop, leads=[shop.leave()])
    deletions = DeletionStore(shop.world.table, clock=shop.world.clock)
    waiting = deletions.find("a_demo", job_id)
    assert waiting is not None
    crashed = deletions.claim(waiting)
    assert crashed is not None
    assert deletions.claim(waiting) is None

    # Nothing to do for this one, and nothing to send on.
    assert work(shop, job_id)
    shop.world.clock.advance(seconds=LEASE_S - 1)
    assert work(shop, job_id)
    assert progress(shop, job_id) == ("queued", 0, 1)

    shop.world.clock.advance(seconds=1)
    assert work(shop, job_id)
    assert progress(shop, job_id) == ("done", 1, 1)
    # Whoever was thought dead ends as well.
    assert not deletions.save(replace(crashed, step=crashed.step + 1))
    assert not deletions.release(crashed)


def test_a_batch_renews_the_lease(shop: Shop):
    job_id = ask(shop, leads=[shop.leave() for _ in range(51)])
    busy: list[bool] = []

    def another_comes() -> float:
        shop.world.clock.advance(seconds=LEASE_S - 1)
        before = progress(shop, job_id)
        busy.append(work(shop, job_id) and progress(shop, job_id) == before)
        return 900

    assert work(shop, job_id, time_left=another_comes)

    assert busy == [True, True]
    assert progress(shop, job_id) == ("done", 51, 51)


@pytest.mark.parametrize(
    "wrong",
    [
        {"confirmation": "delete"},
        {"confirmation": ""},
        {},
        {"leads": ["x"], "before": "2026-11-01"},
        {"leads": ["x"] * 1001},
        {"leads": ["a#b"]},
        {"before": "2026-11-25"},
        # A slip of the pen, whose ids would sort after every other.
        {"before": "0206-11-01"},
        {"before": "1969-12-31"},
        {"before": "2019-12-31"},
        {"before": "yesterday"},
        {"leads": ["x"], "everything": True},
    ],
)
def test_without_the_typed_word_or_a_clear_wish_nothing_begins(shop: Shop, wrong: dict):
    body = {"site": "s_demo", "confirmation": "DELETE"} | wrong

    assert shop.console.call("POST", "/v1/deletions", body)[0] == 422
    assert shop.console.jobs.sent == []
    assert shop.world.rows("deletion") == []


def test_another_accounts_site_and_deletion_are_missing(shop: Shop):
    foreign_site(shop.world)
    job_id = ask(shop, leads=[shop.leave()])
    body = {"site": "s_other", "leads": ["x"], "confirmation": "DELETE"}

    assert shop.console.call("POST", "/v1/deletions", body)[0] == 404
    assert shop.console.call("GET", f"/v1/deletions/{job_id}", account="a_other")[0] == 404
    assert shop.console.call("GET", "/v1/deletions/none")[0] == 404


def test_ids_of_another_accounts_leads_delete_nothing(shop: Shop):
    foreign_site(shop.world)
    lead_id = shop.leave()
    body = {"site": "s_other", "leads": [lead_id], "confirmation": "DELETE"}
    status, answer = shop.console.call("POST", "/v1/deletions", body, account="a_other")
    assert status == 202
    deps = shop.console.deps
    run_deletion(
        "a_other",
        answer["id"],
        deletions=DeletionStore(deps.table, clock=deps.clock),
        eraser=open_eraser(deps.table, ledger=deps.ledger, files=deps.files, clock=deps.clock),
        time_left=lambda: 900,
    )

    assert ids(shop, "lead") == [f"LEAD#{lead_id}"]
