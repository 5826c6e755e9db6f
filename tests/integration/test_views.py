"""A customer sees a month's views by day and path; small numbers only where the role needs them."""

import json
from typing import Any

import pytest

from leadlayer.core import keys
from leadlayer.core.clock import Period
from leadlayer.core.table import Put, Table
from leadlayer.views.model import OTHER
from leadlayer.views.rows import ViewItem
from tests.console_calls import ConsoleCalls
from tests.integration.export_calls import other_customer
from tests.world import SITE, World


@pytest.fixture
def console(world: World) -> ConsoleCalls:
    return ConsoleCalls(world)


def counted(
    world: World,
    path: str,
    count: int,
    *,
    day: str = "2026-11-23",
    shard: int = 0,
    site: str = SITE.id,
) -> None:
    """As the pixel leaves it, with its end 24 months after the day began."""
    from datetime import UTC, datetime

    begun = datetime.fromisoformat(day).replace(tzinfo=UTC)
    item = ViewItem(
        keys.views(site, day[:7], shard),
        keys.view(day[8:], path),
        views=count,
        expires_at=Period.parse("P24M").expiry(begun),
    )
    world.table.write(Put(item))


def views(console: ConsoleCalls, month: str = "2026-11", **caller: Any) -> dict[str, Any]:
    query = {"site": "s_demo", "month": month}
    status, found = console.call("GET", "/v1/views", query=query, **caller)
    assert status == 200, found
    return found


def by(found: dict[str, Any], name: str) -> dict[str, Any]:
    key = {"days": "day", "paths": "path"}[name]
    return {each[key]: each["views"] for each in found[name]}


def test_days_and_paths_add_up_to_the_total(world: World, console: ConsoleCalls):
    counted(world, "/", 30, day="2026-11-02")
    counted(world, "/", 12)
    counted(world, "/fietsen", 5)

    found = views(console)

    assert (found["site"], found["month"], found["total"]) == ("s_demo", "2026-11", 47)
    assert by(found, "days") == {"2026-11-02": 30, "2026-11-23": 17}
    assert [each["path"] for each in found["paths"]] == ["/", "/fietsen"]
    assert by(found, "paths") == {"/": 42, "/fietsen": 5}


def test_what_was_spilled_into_shards_is_added_up(world: World, console: ConsoleCalls):
    for shard in range(8):
        counted(world, "/", 10, shard=shard)
    counted(world, "/nur-dort", 1, shard=7)

    assert by(views(console), "paths") == {"/": 80, "/nur-dort": 1}


def test_a_day_that_ended_over_its_number_of_paths_is_cut_again(
    world: World, console: ConsoleCalls
):
    for number in range(503):
        counted(world, f"/p{number}", 1_000 - number)
    counted(world, OTHER, 7)

    found = by(views(console), "paths")

    assert len(found) == 501
    assert found[OTHER] == 7 + 500 + 499 + 498
    assert "/p499" in found
    assert "/p500" not in found


def test_a_month_of_many_different_paths_is_cut_too(world: World, console: ConsoleCalls):
    for number in range(300):
        counted(world, f"/a{number}", 20, day="2026-11-01")
        counted(world, f"/b{number}", 10, day="2026-11-02")

    found = views(console)

    assert len(found["paths"]) == 501
    assert by(found, "paths")[OTHER] == 100 * 10
    assert found["total"] == 9_000


@pytest.mark.parametrize("role", ["agent", "viewer", "privacy_officer"])
def test_roles_without_need_see_no_number_from_one_to_nine(
    world: World, console: ConsoleCalls, role: str
):
    counted(world, "/", 10)
    counted(world, "/a", 9)
    counted(world, "/b", 1)
    counted(world, "/b", 3, day="2026-11-02")

    found = views(console, role=role)

    assert by(found, "paths") == {"/": 10, "/a": "<10", "/b": "<10"}
    # Nor can one be reckoned: views of a hidden path are in no other number.
    assert by(found, "days") == {"2026-11-02": "<10", "2026-11-23": 10}
    assert found["total"] == 10


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_twin_owners_and_admins_see_them(world: World, console: ConsoleCalls, role: str):
    counted(world, "/a", 9)

    found = views(console, role=role)

    assert by(found, "paths") == {"/a": 9}
    assert found["total"] == 9


def test_a_small_total_is_not_shown_either(world: World, console: ConsoleCalls):
    counted(world, "/a", 9)

    assert views(console, role="viewer")["total"] == "<10"


def test_a_month_without_a_view_is_zero(console: ConsoleCalls):
    assert views(console) == {
        "site": "s_demo", "month": "2026-11", "total": 0, "days": [], "paths": [],
    }  # fmt: skip


def test_days_that_are_over_for_24_months_are_not_shown(world: World, console: ConsoleCalls):
    counted(world, "/a", 50, day="2024-11-22")
    counted(world, "/a", 60, day="2024-11-24")

    assert by(views(console, "2024-11"), "days") == {"2024-11-24": 60}


@pytest.mark.parametrize("month", ["2024-10", "2020-01", "2026-12", "2099-01"])
def test_outside_of_the_window_nothing_is_read(world: World, console: ConsoleCalls, month: str):
    class Unread(Table):
        def query(self, model: Any, pk: str, **asked: Any) -> Any:
            assert not pk.startswith("VIEWS#")
            return super().query(model, pk, **asked)

    world.table = Unread(clock=world.clock)

    assert views(ConsoleCalls(world), month)["days"] == []


def test_a_quiet_month_costs_one_query_and_a_busy_one_eight(world: World):
    asked: list[str] = []

    class Counting(Table):
        def query(self, model: Any, pk: str, **rest: Any) -> Any:
            asked.append(pk)
            return super().query(model, pk, **rest)

    world.table = Counting(clock=world.clock)
    console = ConsoleCalls(world)
    views(console)
    assert len([pk for pk in asked if pk.startswith("VIEWS#")]) == 1
    asked.clear()
    counted(world, "/a", 1)
    views(console)
    assert len([pk for pk in asked if pk.startswith("VIEWS#")]) == 8


def test_anothers_site_is_answered_like_a_missing_one(world: World, console: ConsoleCalls):
    other_customer(world)
    counted(world, "/geheim", 100, site="s_other")

    def ask(site: str) -> Any:
        return console.answer("GET", "/v1/views", query={"site": site, "month": "2026-11"})

    foreign, missing, malformed = ask("s_other"), ask("s_none"), ask("a#b")

    assert foreign == missing == malformed
    assert foreign["statusCode"] == 404


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-1", "1999-01", "2026-11-01", "x"])
def test_a_month_that_is_none_is_refused(console: ConsoleCalls, month: str):
    query = {"site": "s_demo", "month": month}

    status, problem = console.call("GET", "/v1/views", query=query)

    assert (status, problem["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("missing", ["site", "month"])
def test_site_and_month_have_to_be_named(console: ConsoleCalls, missing: str):
    query = {"site": "s_demo", "month": "2026-11"}
    del query[missing]

    answer = console.answer("GET", "/v1/views", query=query)

    assert answer["statusCode"] == 422
    assert json.loads(answer["body"])["errors"][0]["field"] == missing


def test_a_terminated_account_still_sees_its_views(world: World, console: ConsoleCalls):
    counted(world, "/", 30)

    assert views(console, state="terminated")["total"] == 30
