"""A link gives an export once, for a quarter of an hour; every other one is the same 404."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from leadlayer.core.crypto import new_token, token_hash
from tests.integration.export_calls import Exporting, add_lead, other_customer
from tests.world import World


@pytest.fixture
def exporting(world: World) -> Exporting:
    return Exporting(world)


def ready(exporting: Exporting) -> str:
    export_id = exporting.ask()
    exporting.work(export_id)
    return export_id


def link(exporting: Exporting, export_id: str) -> str:
    status, found = exporting.console.call("POST", f"/v1/exports/{export_id}/link")
    assert status == 201
    return found["url"]


def follow(exporting: Exporting, url: str) -> dict[str, Any]:
    """Without any session, as a browser's download does."""
    event = exporting.console.event("GET", f"/v1/{url}")
    del event["requestContext"]["authorizer"]
    event["routeKey"] = "GET /v1/downloads/{token}"
    return exporting.console.handle(event, None)


def refusal(exporting: Exporting, url: str) -> tuple[int, str]:
    answer = follow(exporting, url)
    return answer["statusCode"], answer["body"]


def test_a_link_leads_to_the_file_for_a_minute_as_a_download(exporting: Exporting):
    export_id = ready(exporting)

    answer = follow(exporting, link(exporting, export_id))

    assert answer["statusCode"] == 303
    assert answer["headers"]["Cache-Control"] == "no-store"
    address = urlsplit(answer["headers"]["Location"])
    assert address.path.endswith(f"exports/a_demo/{export_id}.zip")
    query = parse_qs(address.query)
    assert query["X-Amz-Expires"] == ["60"]
    (disposition,) = query["response-content-disposition"]
    assert disposition == 'attachment; filename="leadlayer-2026-11-23-json.zip"'


def test_a_link_is_good_for_fifteen_minutes_and_one_use(world: World, exporting: Exporting):
    export_id = ready(exporting)
    first, second, third = (link(exporting, export_id) for _ in range(3))
    unknown = refusal(exporting, f"downloads/{new_token()}")
    assert unknown[0] == 404

    assert follow(exporting, first)["statusCode"] == 303
    assert refusal(exporting, first) == unknown
    world.clock.advance(minutes=15, seconds=-1)
    assert follow(exporting, second)["statusCode"] == 303
    world.clock.advance(seconds=1)
    assert refusal(exporting, third) == unknown


def test_a_withdrawn_export_is_as_unknown_as_its_links(exporting: Exporting):
    export_id = ready(exporting)
    url = link(exporting, export_id)

    assert exporting.console.call("DELETE", f"/v1/exports/{export_id}") == (204, None)

    assert refusal(exporting, url) == refusal(exporting, "downloads/x")
    assert exporting.files.keys() == []
    assert exporting.state(export_id) == "withdrawn"


def test_only_the_hash_of_a_link_is_kept(world: World, exporting: Exporting):
    token = link(exporting, ready(exporting)).removeprefix("downloads/")

    (row,) = world.rows("download")

    assert row["pk"]["S"] == f"DOWNLOAD#{token_hash(token)}"
    assert token not in str(world.rows())


def test_a_link_opens_no_more_than_one_download_at_once(world: World, exporting: Exporting):
    """Two that come at the same moment both find the row; one of them deletes it."""
    url = link(exporting, ready(exporting))
    (row,) = world.rows("download")
    store = exporting.console.deps.table
    found = type(store).find

    def found_by_both(self: Any, model: Any, pk: str, sk: str) -> Any:
        item = found(self, model, pk, sk)
        if pk.startswith("DOWNLOAD#"):
            key = {"pk": row["pk"], "sk": row["sk"]}
            world.client.delete_item(TableName="leadlayer-test", Key=key)
        return item

    class Slow(type(store)):
        find = found_by_both

    world.table = Slow(clock=world.clock)
    assert refusal(Exporting(world), url)[0] == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "/link"), ("DELETE", "")],
)
def test_anothers_export_is_answered_like_a_missing_one(
    world: World, exporting: Exporting, method: str, path: str
):
    other_customer(world)
    export_id = ready(exporting)

    foreign = exporting.console.call(method, f"/v1/exports/{export_id}{path}", account="a_other")
    missing = exporting.console.call(method, f"/v1/exports/none{path}", account="a_other")

    assert foreign == missing
    assert foreign[0] == 404
    assert exporting.state(export_id) == "ready"


def test_there_is_no_link_before_the_file_is_ready(exporting: Exporting):
    export_id = exporting.ask()

    status, problem = exporting.console.call("POST", f"/v1/exports/{export_id}/link")

    assert (status, problem["code"]) == (409, "export_not_ready")


def test_one_export_is_made_at_a_time(world: World, exporting: Exporting):
    other_customer(world)
    first = exporting.ask()

    status, problem = exporting.console.call("POST", "/v1/exports", {"format": "csv"})

    assert (status, problem["code"]) == (409, "limit_reached")
    exporting.ask(account="a_other")
    exporting.work(first)
    exporting.ask()
    assert len(world.rows("export")) == 3


def test_a_terminated_account_takes_its_data_along(world: World, exporting: Exporting):
    add_lead(world)
    export_id = exporting.ask(state="terminated")
    exporting.work(export_id)

    status, _ = exporting.console.call("POST", f"/v1/exports/{export_id}/link", state="terminated")

    assert status == 201


def test_exports_ask_for_a_recent_sign_in_and_so_never_for_a_key(exporting: Exporting):
    answers = [
        exporting.console.call("POST", "/v1/exports", {}, recent=False),
        exporting.console.call("POST", "/v1/exports", {}, api_key=True),
    ]

    assert [(status, problem["code"]) for status, problem in answers] == [
        (403, "recent_sign_in_required"),
        (403, "forbidden"),
    ]


def test_the_list_has_the_newest_first_and_only_the_accounts_own(
    world: World, exporting: Exporting
):
    other_customer(world)
    first = ready(exporting)
    world.clock.advance(minutes=1)
    second = exporting.ask()
    exporting.ask(account="a_other")

    status, found = exporting.console.call("GET", "/v1/exports")

    assert status == 200
    assert [(each["id"], each["state"]) for each in found["items"]] == [
        (second, "queued"),
        (first, "ready"),
    ]


@pytest.mark.parametrize("body", [{"format": "xml"}, {"format": None}, {"all": True}])
def test_a_format_that_is_none_is_refused(exporting: Exporting, body: Any):
    assert exporting.console.call("POST", "/v1/exports", body)[0] == 422
    assert exporting.queue.sent == []
