"""The handlers answer every request that schemathesis can think of as docs/openapi.json says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from tests.gateway import Gateway
from tests.world import World

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "openapi.json").read_text()
)
EXCLUDED = [
    # API Gateway answers an undeclared method before a function sees it.
    checks.unsupported_method,
    # Bodies and paths that fit the schema may still be refused: unknown site, no consent, a token
    # of somebody else. The schema cannot say so.
    checks.positive_data_acceptance,
]


# 413 is a refusal too: a body that is wrong may also be too large.
REFUSALS = ["400", "403", "404", "405", "409", "413", "415", "422", "429"]
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
)
OPERATIONS = [(path, verb) for path, verbs in DOCUMENT["paths"].items() for verb in verbs]
# The pixel refuses nothing on purpose: whatever is asked of it, it answers with its picture.
NEVER_REFUSES = "/v1/sites/{site}/p.gif"
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


class WithDocument:
    """Serves the document beside the routes, and lets half of the requests past the first door."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._requests = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] == "/openapi.json":
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(DOCUMENT).encode()]
        self._requests += 1
        if self._requests % 2:
            environ["PATH_INFO"] = re.sub(r"/sites/[^/]*/", "/sites/s_demo/", environ["PATH_INFO"])
        return self._gateway(environ, start)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize(("path", "verb"), OPERATIONS)
def test_no_request_gets_an_undocumented_answer_or_a_500(
    world: World, path: str, verb: str, mode: GenerationMode
):
    schema = schemathesis.openapi.from_wsgi(
        "/openapi.json", WithDocument(Gateway(world)), config=CONFIG
    )
    operation = schema[path][verb]
    seen: list[int] = []
    excluded = [*EXCLUDED, checks.negative_data_rejection] if path == NEVER_REFUSES else EXCLUDED

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        seen.append(case.call_and_validate(excluded_checks=excluded).status_code)

    try:
        check()
    except Unsatisfiable:
        # An operation without parameters has nothing that could be wrong.
        assert mode is GenerationMode.NEGATIVE
        return
    assert seen
    assert max(seen) < 500
