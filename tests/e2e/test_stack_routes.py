"""Every public route answers over HTTP on what was deployed from the template."""

import base64
from typing import Any

import pytest

from tests.e2e.visitors import Visitor

GIF_BYTES = 43


@pytest.mark.parametrize("path", ["/widget.js", "/widget.v1.js"])
def test_the_widget_is_served_as_a_script(stack: dict[str, Any], path: str) -> None:
    answer = Visitor(stack).get(path)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert b"attachShadow" in answer.body


def test_the_widget_learns_the_complete_chat_address_of_its_site(stack: dict[str, Any]) -> None:
    answer = Visitor(stack).get(f"/v1/sites/{stack['site']}/widget")
    assert answer.status == 200
    assert answer.json["chat_url"] == stack["chat"]
    assert answer.json["collecting"] is True
    assert answer.headers["access-control-allow-origin"] == stack["demo"]


@pytest.mark.parametrize("path", ["/v1/privacy/policy", "/v1/privacy/sub-processors"])
def test_anybody_may_read_what_the_policy_promises(stack: dict[str, Any], path: str) -> None:
    answer = Visitor(stack).get(path)
    assert answer.status == 200
    assert answer.json


def test_the_pixel_arrives_byte_for_byte(stack: dict[str, Any]) -> None:
    answer = Visitor(stack).view("/bytes")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/gif"
    assert answer.body.startswith(b"GIF89a\x01\x00\x01\x00")
    assert answer.body.endswith(b";")
    assert len(answer.body) == GIF_BYTES, base64.b64encode(answer.body)


def test_a_preflight_is_answered_by_the_function_for_the_sites_own_origin(
    stack: dict[str, Any],
) -> None:
    url = f"{stack['api']}/v1/sites/{stack['site']}/leads"
    asked = {"Access-Control-Request-Method": "POST"}
    ours = Visitor(stack).request("OPTIONS", url, headers=asked)
    assert ours.status == 204
    assert ours.headers["access-control-allow-origin"] == stack["demo"]
    assert "idempotency-key" in ours.headers["access-control-allow-headers"].lower()
    theirs = Visitor(stack).request("OPTIONS", url, headers=asked, origin="https://evil.example")
    assert theirs.headers.get("access-control-allow-origin") not in {"*", "https://evil.example"}


def test_a_foreign_origin_may_not_leave_a_lead(stack: dict[str, Any]) -> None:
    url = f"{stack['api']}/v1/sites/{stack['site']}/leads"
    body = {"email": "a@example.com", "consent": {"given": True, "version": "1"}}
    answer = Visitor(stack).request("POST", url, body=body, origin="https://evil.example")
    assert (answer.status, answer.json["code"]) == (403, "origin_not_allowed")


def test_an_unknown_site_is_a_problem_with_a_stable_code(stack: dict[str, Any]) -> None:
    answer = Visitor(stack).get("/v1/sites/s_nobody/widget")
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (answer.status, answer.json["code"]) == (404, "unknown_site")


def test_the_demo_shop_is_another_origin_with_the_one_script_tag(stack: dict[str, Any]) -> None:
    page = Visitor(stack).request("GET", stack["demo"] + "/").body.decode()
    assert not stack["api"].startswith(stack["demo"])
    assert page.count(f'src="{stack["api"]}/widget.js"') == 1
    assert f'data-site="{stack["site"]}"' in page
    assert "{{" not in page


def test_the_outbox_is_a_page_for_people_and_json_for_programs(stack: dict[str, Any]) -> None:
    visitor = Visitor(stack)
    page = visitor.request("GET", stack["outbox"] + "/", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    listed = visitor.request("GET", stack["outbox"] + "/", headers={"Accept": "application/json"})
    assert isinstance(listed.json, list)
