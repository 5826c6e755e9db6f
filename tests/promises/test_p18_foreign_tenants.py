"""P18, the other half: what is another customer's answers exactly like what does not exist."""

from typing import Any

import pytest

from leadlayer.console.access import Rule
from tests.console_calls import ConsoleCalls
from tests.console_samples import (
    MISSING,
    SAMPLES,
    WITH_IDS,
    ask,
    code_of,
    name_of,
)
from tests.promised_roles import promised
from tests.world import World

Everything = tuple[World, dict[str, str]]


@pytest.mark.parametrize("rule", WITH_IDS, ids=name_of)
def test_what_is_anothers_answers_byte_by_byte_like_what_is_missing(
    everything: Everything, rule: Rule
):
    """The twin is in it: to its own tenant the very same call answers otherwise."""
    world, theirs = everything
    calls = ConsoleCalls(world)
    before = [row for row in world.rows() if "a_other" not in row["pk"]["S"]]

    for role in promised()[str(rule.action)]:
        foreign = ask(calls, rule, theirs, role=role, account="a_other")
        missing = ask(calls, rule, MISSING, role=role, account="a_other")
        assert foreign == missing
        assert (foreign["statusCode"], code_of(foreign)) == (404, "not_found"), role
    assert [row for row in world.rows() if "a_other" not in row["pk"]["S"]] == before
    own = ask(calls, rule, theirs)
    assert own["statusCode"] != 404, own


@pytest.mark.parametrize(
    "call",
    ["POST /v1/deletions", "GET /v1/views", "GET /v1/leads", "GET /v1/conversations"],
)
def test_a_foreign_site_in_a_body_or_query_answers_like_a_missing_one(
    everything: Everything, call: str
):
    calls = ConsoleCalls(everything[0])
    method, path = call.split()
    sample = SAMPLES[call]

    def naming(site: str) -> dict[str, Any]:
        if sample.body is not None:
            body = sample.body | {"site": site}
            return calls.answer(method, path, body, account="a_other")
        query = {**sample.query, "site": site}
        return calls.answer(method, path, query=query, account="a_other")

    assert naming("s_demo") == naming("s_missing")
    assert "01M" not in naming("s_demo")["body"]


LISTS = ["/v1/audit", "/v1/notices", "/v1/leads", "/v1/conversations", "/v1/requests"]


@pytest.mark.parametrize("path", LISTS)
def test_a_foreign_cursor_answers_like_garbage_and_ones_own_goes_on(
    everything: Everything, path: str
):
    calls = ConsoleCalls(everything[0])
    _, page = calls.call("GET", path, query={"limit": 1})
    cursor = page["next"]
    assert cursor

    def with_cursor(text: str, account: str) -> dict[str, Any]:
        return calls.answer("GET", path, query={"cursor": text, "limit": 1}, account=account)

    foreign = with_cursor(cursor, "a_other")
    assert foreign == with_cursor("garbage", "a_other")
    assert (foreign["statusCode"], code_of(foreign)) == (422, "invalid_cursor")
    assert with_cursor(cursor, "a_demo")["statusCode"] == 200
