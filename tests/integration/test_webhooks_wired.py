"""The function as Lambda starts it: its own clock, KMS and HTTP, against an endpoint on this
machine, as on the local stack."""

from datetime import UTC, datetime

import boto3
import pytest

from functions.webhooks import handler
from leadlayer.core.vault import Vault
from leadlayer.webhooks.signing import is_signed
from tests.contract.stub_server import Answer, stub
from tests.integration.webhook_calls import LEAD, Rig, failed, records
from tests.world import REGION, TABLE, Context, World


@pytest.fixture
def vault(world: World, monkeypatch: pytest.MonkeyPatch) -> Vault:
    client = boto3.client("kms", region_name=REGION)
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    for name, value in (("STAGE", "local"), ("TABLE_NAME", TABLE), ("CREDENTIAL_KEY", key_id)):
        monkeypatch.setenv(name, value)
    return Vault(key_id, lambda: client)


def test_a_lead_reaches_an_endpoint_over_http_and_is_signed(world: World, vault: Vault):
    world.clock.now = datetime.now(UTC)
    rig = Rig(world, vault=vault)
    handle = handler.wire.__wrapped__()
    rows = [("LEADS#s_demo", f"LEAD#{LEAD}"), (f"DELIVERY#{LEAD}", "w1#lead.created")]
    with stub(Answer(status=204)) as server:
        _, secret = rig.add_webhook(url=f"{server.url}/hook")
        rig.add_lead()
        for row in rows:
            assert handle({"Records": records([row])}, Context()) == failed()

    (request,) = server.requests
    head, _, body = request.decode().partition("{")
    headers = {
        name.lower(): value
        for name, _, value in (line.partition(": ") for line in head.split("\r\n"))
    }
    assert head.startswith("POST /hook HTTP/1.1\r\n")
    assert is_signed(secret, headers, f"{{{body}".encode(), now=datetime.now(UTC))
    assert rig.log == [(204, "delivered")]
    assert rig.states == {f"{LEAD}/w1": "delivered"}
