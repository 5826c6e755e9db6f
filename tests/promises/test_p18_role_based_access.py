"""P18: every route by every role by one's own and a foreign tenant, generated from the routes.

The foreign tenant has a module of its own, test_p18_foreign_tenants.py.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from leadlayer.accounts.model import Account
from leadlayer.accounts.permissions import MATRIX
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import OPEN, Routes, Rule, method_and_path
from leadlayer.core.errors import Problem
from leadlayer.core.table import Table
from tests.console_calls import ROLES, ConsoleCalls, people
from tests.console_samples import (
    GUARDED,
    MISSING,
    OWN,
    RULES,
    SAMPLES,
    ask,
    code_of,
    declared,
    name_of,
    path_of,
)
from tests.promised_roles import REFUSALS, STILL, differences, promised
from tests.world import Context, World


def test_the_matrix_is_the_one_that_was_promised_cell_by_cell():
    assert differences(MATRIX) == []


@pytest.mark.parametrize("action", MATRIX)
@pytest.mark.parametrize("role", ROLES)
def test_twin_any_cell_that_is_changed_is_noticed(action, role):
    changed = {name: dict(roles) for name, roles in MATRIX.items()}
    if changed[action].pop(role, None) is None:
        changed[action][role] = "yes"

    assert differences(changed) == [(action, role)]


# The routes


def without_rule(routes: Routes) -> set[str]:
    """Routes that Powertools knows and no rule guards."""
    document = routes.app.get_openapi_schema(title="x", version="1").paths or {}
    verbs = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
    served = {
        f"{verb.upper()} {path}"
        for path, item in document.items()
        for verb in verbs
        if getattr(item, verb, None) is not None
    }
    return served - {rule.call.replace("<", "{").replace(">", "}") for rule in routes.rules}


def unsampled(rules: Sequence[Rule]) -> list[str]:
    return [rule.call for rule in rules if rule.call not in SAMPLES]


def test_every_route_has_a_rule_and_a_sample_and_the_open_ones_are_named():
    assert without_rule(declared()) == set()
    assert unsampled(RULES) == []
    assert SAMPLES.keys() == {rule.call for rule in RULES}
    assert {(rule.method, rule.path) for rule in RULES if rule.action is None} == OPEN


def test_twin_a_route_without_a_rule_is_found_and_answers_nobody(world: World):
    calls = ConsoleCalls(world)
    routes = declared()
    routes.app.get("/v1/secrets")(lambda: {"secret": "x"})
    routes.route("GET", "/v1/new", action="self")(lambda: "x")

    assert without_rule(routes) == {"GET /v1/secrets"}
    assert unsampled(routes.rules) == ["GET /v1/new"]
    with pytest.raises(Problem) as refused:
        routes.find(*method_and_path(calls.event("GET", "/v1/secrets")))
    assert refused.value.status == 404


# Every role


class WatchedTable(Table):
    """Remembers where was read and written."""

    seen: list[str]

    def find(self, model: Any, pk: str, sk: str) -> Any:
        self.seen.append(f"read {pk}")
        return super().find(model, pk, sk)

    def query(self, model: Any, pk: str, **options: Any) -> Any:
        self.seen.append(f"read {pk}")
        return super().query(model, pk, **options)

    def query_index(self, model: Any, gsi1pk: str, **options: Any) -> Any:
        self.seen.append(f"read {gsi1pk}")
        return super().query_index(model, gsi1pk, **options)

    def write(self, write: Any) -> None:
        self.seen.append(f"write {write.item.pk}")
        super().write(write)

    def transact(self, writes: Any) -> None:
        self.seen += [f"write {write.item.pk}" for write in writes]
        super().transact(writes)


@pytest.fixture
def watched(world: World) -> list[str]:
    """Where the console read and wrote since the test last cleared it."""
    table = WatchedTable(clock=world.clock)
    table.seen = []
    world.table = table
    people(world)
    table.seen.clear()
    return table.seen


@pytest.mark.parametrize("rule", GUARDED, ids=name_of)
def test_who_may_is_let_in_and_who_may_not_meets_403_before_anything_is_read(
    world: World, watched: list[str], rule: Rule
):
    calls = ConsoleCalls(world)
    granted = promised()[str(rule.action)]
    for role in ROLES:
        watched.clear()
        answer = ask(calls, rule, OWN, role=role)
        if role in granted:
            assert code_of(answer) not in REFUSALS, (role, answer)
            assert answer["statusCode"] < 500
            continue
        assert (answer["statusCode"], code_of(answer)) == (403, "forbidden"), role
        assert set(watched) <= {"read AUDIT#a_demo", "write AUDIT#a_demo"}
        assert bool(watched) is rule.audited
        if rule.audited:
            (last, *_) = entries(world)
            assert (last["outcome"], last["role"]) == ("denied", role)


def test_twin_a_door_that_reads_before_it_asks_is_noticed(world: World, watched: list[str]):
    AccountStore(world.table).list_members("a_demo")

    assert not set(watched) <= {"read AUDIT#a_demo", "write AUDIT#a_demo"}


def entries(world: World) -> list[dict[str, str]]:
    """The audit log as it lies there, the newest first."""
    rows = [row for row in world.rows("audit_entry") if row["pk"]["S"] == "AUDIT#a_demo"]
    rows.sort(key=lambda row: row["sk"]["S"], reverse=True)
    return [{name: str(next(iter(value.values()))) for name, value in r.items()} for r in rows]


# Whoever finds a browser open must not let themselves in for longer.
GIVING_ACCESS = ("POST /v1/members", "PATCH /v1/members/<member>", "POST /v1/api-keys")


def for_a_key(rule: Rule) -> list[str]:
    """The roles whose keys may: nothing of a person, nobody is let in, no owner's key exists."""
    granted = promised()[str(rule.action)]
    if rule.action in ("self", "people", "credentials"):
        return []
    return [role for role in ROLES[1:] if granted.get(role) not in (None, "recent")]


@pytest.mark.parametrize("rule", [rule for rule in GUARDED if for_a_key(rule)], ids=name_of)
def test_a_key_may_what_its_role_may(world: World, rule: Rule):
    people(world)
    calls = ConsoleCalls(world)
    for role in for_a_key(rule):
        answer = ask(calls, rule, OWN, role=role, api_key=True)
        assert code_of(answer) not in REFUSALS, (role, answer)


def test_a_key_may_nothing_else_and_nothing_of_a_person(world: World):
    calls = ConsoleCalls(world)
    for rule in GUARDED:
        for role in set(ROLES) - {"owner", *for_a_key(rule)}:
            answer = ask(calls, rule, OWN, role=role, api_key=True)
            assert (answer["statusCode"], code_of(answer)) == (403, "forbidden"), (rule, role)


def test_nobody_without_a_session_or_key_is_let_in_anywhere(world: World, watched: list[str]):
    calls = ConsoleCalls(world)
    for rule in GUARDED:
        sample = SAMPLES[rule.call]
        path = path_of(rule, MISSING | {"site": "s_demo"})
        event = calls.event(rule.method, path, sample.body, query=sample.query)
        del event["requestContext"]["authorizer"]
        answer = calls.handle(event, Context())
        assert (answer["statusCode"], code_of(answer)) == (401, "unauthorized"), rule
    assert watched == []


def test_what_asks_for_a_recent_sign_in_gets_none_that_is_older(world: World):
    calls = ConsoleCalls(world)
    asked = [
        (rule, role)
        for rule in GUARDED
        for role, grant in promised()[str(rule.action)].items()
        if grant == "recent" or rule.call in GIVING_ACCESS
    ]
    # Ending the account, taking it back, and both steps of an export; by two roles what follows.
    assert len(asked) == 8 + 2 * len(GIVING_ACCESS)
    for rule, role in asked:
        answer = ask(calls, rule, OWN, role=role, recent=False)
        assert (answer["statusCode"], code_of(answer)) == (403, "recent_sign_in_required"), rule


@pytest.mark.parametrize("call", GIVING_ACCESS)
def test_twin_who_signed_in_a_moment_ago_may_give_access(world: World, call: str):
    people(world)
    (rule,) = (rule for rule in RULES if rule.call == call)

    assert rule.recent
    assert code_of(ask(ConsoleCalls(world), rule, OWN)) not in REFUSALS


def test_access_is_taken_away_without_signing_in_again(world: World):
    people(world)
    taking = [r for r in GUARDED if r.method == "DELETE" and r.action in ("people", "credentials")]
    assert len(taking) >= 2
    for rule in taking:
        answer = ask(ConsoleCalls(world), rule, OWN, recent=False)
        assert code_of(answer) not in REFUSALS, (rule, answer)


# A terminated account


@pytest.fixture
def terminated(world: World) -> ConsoleCalls:
    people(world)
    ended = Account("a_demo", "Demo B.V.", "terminated", "2026-11-23T10:00:00Z")
    AccountStore(world.table).save(ended)
    return ConsoleCalls(world)


@pytest.mark.parametrize("rule", [r for r in GUARDED if r.action in STILL], ids=name_of)
def test_a_terminated_account_can_still_look_take_along_clean_up_and_come_back(
    terminated: ConsoleCalls, rule: Rule
):
    for role in promised()[str(rule.action)]:
        answer = ask(terminated, rule, OWN, role=role, state="terminated")
        assert code_of(answer) not in REFUSALS, (role, answer)


@pytest.mark.parametrize("told", ["terminated", "active"])
def test_a_terminated_account_can_change_nothing_even_if_the_authorizer_has_not_heard(
    terminated: ConsoleCalls, told: str
):
    refused = [rule for rule in GUARDED if rule.action not in STILL]
    assert len(refused) > 20
    for rule in refused:
        if told == "active" and rule.method == "GET":
            continue
        for role in promised()[str(rule.action)]:
            answer = ask(terminated, rule, OWN, role=role, state=told)
            assert (answer["statusCode"], code_of(answer)) == (409, "account_terminated"), rule
