"""A refusal is a problem document with a stable code and nothing of the request."""

import json

import pytest

from leadlayer.core import errors
from leadlayer.core.errors import Problem

# The public contract: a widget already on somebody's page knows these.
CODES = {
    errors.unknown_site: (404, "unknown_site"),
    errors.origin_not_allowed: (403, "origin_not_allowed"),
    errors.site_not_collecting: (403, "site_not_collecting"),
    errors.not_found: (404, "not_found"),
    errors.internal: (500, "internal"),
    errors.malformed: (400, "malformed_json"),
}


@pytest.mark.parametrize(("make", "expected"), CODES.items(), ids=[make.__name__ for make in CODES])
def test_every_shared_refusal_has_its_stable_code_in_its_body(make, expected):
    problem = make()
    document = json.loads(problem.body())
    assert (problem.status, problem.code) == expected
    assert (document["status"], document["code"]) == expected
    assert document["type"] == "about:blank"
    assert document["title"]


def test_a_refusal_is_never_kept_by_a_cache():
    assert Problem(404, "x", "X").headers() == {"Cache-Control": "no-store"}


def test_a_refusal_for_now_says_how_long():
    assert Problem(429, "x", "X", retry_after_s=7).headers()["Retry-After"] == "7"


def test_the_text_of_the_exception_is_the_code_alone():
    assert str(Problem(422, "invalid_request", "T", errors=[{"field": "f", "reason": "r"}])) == (
        "invalid_request"
    )
