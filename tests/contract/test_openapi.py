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
    # The authorizer stands before the functions; here it has always let an owner in.
    checks.ignored_auth,
]


# 413 is a refusal too: a body that is wrong may also be too large.
REFUSALS = ["400", "403", "404", "405", "409", "413", "415", "422", "429"]
CONFIG = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
)
OPERATIONS = [(path, verb) for path, verbs in DOCUMENT["paths"].items() for verb in verbs]
# The pixel refuses nothing on purpose: whatever is asked of it, it answers with its picture.
OF_CUSTOMERS: dict[str, list[str]] = {"customer": []}
NEVER_REFUSES = "/v1/sites/{site}/p.gif"
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


class WithDocument:
    """Serves the document beside the routes, and lets half of the requests find what they name."""

    _gateway: Gateway

    def stand_before(self, gateway: Gateway, path: str, ids: dict[str, str]) -> None:
        self._gateway = gateway
        self._ids = ids
        named = re.sub(r"{(\w+)}", r"(?P<\1>[^/]*)", path.replace(".", r"\."))
        self._path, self._pattern = path, re.compile(named)
        self._requests = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        if environ["PATH_INFO"] == "/openapi.json":
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(DOCUMENT).encode()]
        self._requests += 1
        if self._requests % 2:
            environ["PATH_INFO"] = self._with_ids(environ["PATH_INFO"])
        return self._gateway(environ, start)

    def _with_ids(self, path: str) -> str:
        match = self._pattern.fullmatch(path)
        return self._path.format(**(match.groupdict() | self._ids)) if match else path


@pytest.fixture(scope="module")
def served() -> tuple[WithDocument, Any]:
    """Read once: the document is long."""
    application = WithDocument()
    return application, schemathesis.openapi.from_wsgi("/openapi.json", application, config=CONFIG)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize(("path", "verb"), OPERATIONS)
def test_no_request_gets_an_undocumented_answer_or_a_500(
    everything: tuple[World, dict[str, str]],
    served: tuple[WithDocument, Any],
    path: str,
    verb: str,
    mode: GenerationMode,
):
    world, ids = everything
    application, schema = served
    application.stand_before(Gateway(world), path, ids)
    operation = schema[path][verb]
    seen: list[int] = []
    # What is wrong may be the credential, which the authorizer refuses, or an id put right here.
    lenient = path == NEVER_REFUSES or OF_CUSTOMERS in DOCUMENT["paths"][path][verb].get(
        "security", []
    )
    excluded = [*EXCLUDED, checks.negative_data_rejection] if lenient else EXCLUDED

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
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
