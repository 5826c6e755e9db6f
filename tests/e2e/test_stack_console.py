"""The console's API on what was deployed from the template: the authorizer, files, queue, chain."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dev.stack import seed_facts
from tests.e2e import ledger
from tests.e2e.customers import Person, sign_in, until
from tests.e2e.visitors import Visitor


@pytest.fixture(scope="module")
def owner(stack: dict[str, Any]) -> Person:
    return sign_in(stack, seed_facts.OWNER_EMAIL)


@pytest.fixture(scope="module")
def agent(stack: dict[str, Any]) -> Person:
    return sign_in(stack, seed_facts.AGENT_EMAIL, number=42)


def refused_within(person: Person, path: str, seconds: float) -> bool:
    return any(person.call("GET", path).status in {401, 403} for _ in until(seconds))


def test_the_owner_signs_in_with_the_link_of_the_outbox_and_sees_the_leads(
    owner: Person,
) -> None:
    account = owner.get("/v1/account")
    assert (account["id"], account["role"]) == (seed_facts.ACCOUNT_ID, "owner")
    found = owner.get(f"/v1/leads?site={seed_facts.SITE_ID}&limit=5")
    assert len(found["items"]) == 5
    more = owner.get(f"/v1/leads?site={seed_facts.SITE_ID}&limit=5&cursor={found['next']}")
    assert {lead["id"] for lead in more["items"]}.isdisjoint(lead["id"] for lead in found["items"])


def test_who_is_not_signed_in_gets_nothing(stack: dict[str, Any]) -> None:
    unknown = Person(stack, "lls_" + "x" * 43)
    assert unknown.call("GET", "/v1/account").status == 403
    nobody = Visitor(stack, 43).get("/v1/account")
    assert (nobody.status, nobody.json) == (401, {"message": "Unauthorized"})


def test_a_route_of_the_visitors_asks_for_no_sign_in(stack: dict[str, Any]) -> None:
    assert Visitor(stack, 43).get(f"/v1/sites/{seed_facts.SITE_ID}/widget").status == 200
    url = f"{stack['api']}/v1/sites/{seed_facts.SITE_ID}/leads"
    assert Visitor(stack, 43).request("OPTIONS", url).status == 204


def test_another_account_s_ids_are_missing_word_by_word(owner: Person) -> None:
    lead = owner.get("/v1/leads?limit=1")["items"][0]["id"]
    foreign = [
        owner.call("GET", path)
        for path in (f"/v1/sites/s_other/leads/{lead}", f"/v1/sites/{'s' * 60}/leads/{lead}")
    ]
    missing = owner.call("GET", f"/v1/sites/{seed_facts.SITE_ID}/leads/01NOBODY")
    assert {answer.status for answer in (*foreign, missing)} == {404}
    assert {answer.body for answer in (*foreign, missing)} == {missing.body}


def test_an_export_is_made_in_the_background_and_loaded_once(
    stack: dict[str, Any], owner: Person
) -> None:
    asked = owner.call("POST", "/v1/exports", {"format": "json"})
    assert asked.status == 202
    path = f"/v1/exports/{asked.json['id']}"
    assert any(owner.get(path)["state"] == "ready" for _ in until(60))
    link = owner.call("POST", f"{path}/link").json["url"]
    found = Visitor(stack, 44).get(f"/v1/{link}")
    assert found.status == 303
    file = Visitor(stack, 44).request("GET", found.headers["location"])
    assert file.headers["content-disposition"].startswith("attachment")
    archive = zipfile.ZipFile(io.BytesIO(file.body))
    text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "jonas.keller@example.org" in text
    assert Visitor(stack, 44).get(f"/v1/{link}").status == 404


def test_a_withdrawn_export_cannot_be_loaded(stack: dict[str, Any], owner: Person) -> None:
    export = owner.call("POST", "/v1/exports", {"format": "csv"}).json["id"]
    assert any(owner.get(f"/v1/exports/{export}")["state"] == "ready" for _ in until(60))
    link = owner.call("POST", f"/v1/exports/{export}/link").json["url"]
    file = Visitor(stack, 44).get(f"/v1/{link}").headers["location"]
    assert owner.call("DELETE", f"/v1/exports/{export}").status == 204
    assert Visitor(stack, 44).request("GET", file).status == 404


def test_a_key_works_with_its_role_until_it_is_revoked(
    stack: dict[str, Any], owner: Person, revoked_within_s: int
) -> None:
    body = {"name": "till", "role": "viewer", "days": 1}
    made = owner.call("POST", "/v1/api-keys", body)
    assert made.status == 201
    key = Person(stack, made.json["key"])
    shown = key.get("/v1/leads?limit=1")["items"][0]
    assert shown["masked"] is True
    assert key.call("POST", "/v1/exports", {"format": "json"}).json["code"] == "forbidden"
    assert owner.call("DELETE", f"/v1/api-keys/{made.json['id']}").status == 204
    assert refused_within(key, "/v1/leads?limit=1", revoked_within_s)


def test_a_session_that_was_ended_is_out_within_twice_what_the_gateway_keeps(
    stack: dict[str, Any], owner: Person, revoked_within_s: int
) -> None:
    second = sign_in(stack, seed_facts.OWNER_EMAIL, number=45)
    sessions = second.get("/v1/sessions")["items"]
    current = next(each["id"] for each in sessions if each["current"])
    assert owner.call("DELETE", f"/v1/sessions/{current}").status == 204
    assert refused_within(second, "/v1/account", revoked_within_s)
    assert owner.call("GET", "/v1/account").status == 200


def test_a_lowered_role_counts_within_twice_what_the_gateway_keeps(
    owner: Person, agent: Person, revoked_within_s: int
) -> None:
    assert agent.get("/v1/leads?limit=1")["items"][0]["masked"] is False
    member = f"/v1/members/{seed_facts.AGENT_ID}"
    assert owner.call("PATCH", member, {"role": "viewer"}).status == 200
    try:
        assert any(
            agent.get("/v1/leads?limit=1")["items"][0]["masked"] for _ in until(revoked_within_s)
        )
    finally:
        owner.call("PATCH", member, {"role": "agent"})


def test_the_chain_of_the_audit_log_holds_while_twenty_write_at_once(owner: Person) -> None:
    before = owner.get("/v1/audit/verification")["entries"]
    lead = owner.get("/v1/leads?limit=1")["items"][0]
    path = f"/v1/sites/{lead['site']}/leads/{lead['id']}/notes"

    def note(number: int) -> int:
        return owner.call("POST", path, {"text": f"at once {number}"}).status

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(note, range(20)))
    assert set(statuses) <= {201, 503}
    after = owner.get("/v1/audit/verification")
    assert after["intact"] is True
    assert after["entries"] >= before + statuses.count(201)
    assert statuses.count(201) >= 15


def test_no_credential_and_no_text_of_a_lead_is_in_the_audit_log_or_a_session(
    stack: dict[str, Any], owner: Person
) -> None:
    kept = [
        row
        for prefix in ("AUDIT#", "SESSION#", "KEY#", "LINK#")
        for row in ledger.rows(stack, prefix)
    ]
    assert kept
    text = json.dumps(kept, default=str)
    assert owner.token not in text
    assert "jonas.keller@example.org" not in text
    assert "at once" not in text
