"""Everything that was deployed answers as docs/openapi.json says, whatever it is asked."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.openapi_objects import Everything, one_of_everything
from tests.e2e.openapi_run import Run

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "openapi.json").read_text()
)
# What one pass cannot bring to a success, and why.
NEVER_DONE = {
    "POST /v1/requests/{request}/denial": "409: it takes a second person",
    "POST /v1/webhooks/{webhook}/deliveries/{delivery}/retry": "409: it fails only after hours",
}


@pytest.fixture(scope="module")
def made(stack: dict[str, Any]) -> Everything:
    return one_of_everything(stack)


@pytest.mark.parametrize("planted", ["status", "schema", "media type"])
def test_an_answer_that_is_not_described_is_seen(made: Everything, planted: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    responses = document["paths"]["/v1/account"]["get"]["responses"]
    if planted == "status":
        del responses["200"]
    elif planted == "schema":
        responses["200"]["content"]["application/json"]["schema"] = {"type": "array"}
    else:
        responses["200"]["content"] = {"text/csv": {"schema": {"type": "string"}}}
    run = Run(document, made)
    run.one("GET /v1/account")
    assert run.seen.faults
    assert {each.partition(": ")[2][:3] for each in run.seen.faults} == {"200"}


# The last of this module: it ends the account.
def test_no_operation_fails_or_answers_what_the_document_does_not_say(made: Everything) -> None:
    seen = Run(DOCUMENT, made).all()
    assert seen.faults == []
    described = {f"{v.upper()} {path}" for path, verbs in DOCUMENT["paths"].items() for v in verbs}
    assert seen.statuses.keys() == described
    not_done = {name: seen.statuses[name] for name in described - seen.reached()}
    assert not_done.keys() == NEVER_DONE.keys(), not_done
    assert all(statuses - {401, 403, 404} for statuses in not_done.values()), not_done
