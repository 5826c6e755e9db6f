"""P17: what customers entrust to us is under KMS, for their account and its kind alone; who stores
it cannot read it, and no answer shows it again."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from leadlayer.core import keys
from leadlayer.core.vault import CannotOpen, Vault
from leadlayer.webhooks.model import VAULT_KIND
from tests.console_calls import ConsoleCalls
from tests.integration.webhook_calls import Rig, failed
from tests.repo import template
from tests.world import REGION, TABLE, World

URL = "http://127.0.0.1:9000/hook"


@pytest.fixture
def vault(world: World) -> Vault:
    """Inside the world's mock."""
    client = boto3.client("kms", region_name=REGION)
    return Vault(client.create_key()["KeyMetadata"]["KeyId"], lambda: client)


def secrets_of(console: ConsoleCalls) -> tuple[str, list[str]]:
    """A webhook, with the secrets that it was given at first and by rotation."""
    body = {"url": URL, "events": ["lead.created"]}
    _, made = console.call("POST", "/v1/webhooks", body)
    _, rotated = console.call("POST", f"/v1/webhooks/{made['id']}/secret")
    return made["id"], [made["secret"], rotated["secret"]]


def forms(secret: str) -> Iterator[str]:
    """How a secret could stand in a dump: as it is, its bytes, or a hash that tells it."""
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    for plain in (secret.encode(), secret.removeprefix("whsec_").encode(), raw):
        yield plain.decode("latin-1")
        yield plain.hex()
        yield base64.b64encode(plain).decode().rstrip("=")
        yield base64.urlsafe_b64encode(plain).decode().rstrip("=")
        for name in ("md5", "sha1", "sha256"):
            yield hashlib.new(name, plain, usedforsecurity=False).hexdigest()


def found(secrets: list[str], text: str) -> list[str]:
    return [form for secret in secrets for form in forms(secret) if form in text]


def test_a_dump_of_the_table_and_all_later_answers_show_no_secret(
    world: World, vault: Vault, capfd: pytest.CaptureFixture[str]
):
    console = ConsoleCalls(world, vault=vault)
    webhook_id, secrets = secrets_of(console)
    place = f"/v1/webhooks/{webhook_id}"
    calls = [("GET", "/v1/webhooks"), ("GET", place), ("PATCH", place), ("GET", "/v1/audit")]
    answers = [console.answer(method, path) for method, path in calls]
    said = "".join(capfd.readouterr())

    assert {answer["statusCode"] for answer in answers} == {200}
    assert found(secrets, json.dumps([world.rows(), answers], default=str) + said) == []


def test_twin_a_secret_that_is_kept_as_it_is_is_found(world: World):
    class Open(Vault):
        def __init__(self) -> None:
            """No key."""

        def seal(self, text: str, *, account_id: str, kind: str) -> str:
            return text

    _, secrets = secrets_of(ConsoleCalls(world, vault=Open()))

    assert set(secrets) <= set(found(secrets, json.dumps(world.rows())))


def sealed_in(world: World) -> list[str]:
    (row,) = world.rows("webhook")
    ((previous, _),) = json.loads(row["previous"]["S"])
    return [row["secret"]["S"], previous]


def test_only_the_account_and_the_kind_that_it_was_sealed_for_open_it(world: World, vault: Vault):
    _, (first, second) = secrets_of(ConsoleCalls(world, vault=vault))
    sealed = sealed_in(world)

    opened = [vault.open(each, account_id="a_demo", kind=VAULT_KIND) for each in sealed]
    assert opened == [second, first]
    for account_id, kind in (("a_other", VAULT_KIND), ("a_demo", "password"), ("", "")):
        for each in sealed:
            with pytest.raises(CannotOpen):
                vault.open(each, account_id=account_id, kind=kind)


def test_a_secret_moved_to_another_account_signs_nothing_there(world: World, vault: Vault):
    rig = Rig(world, vault=vault)
    rig.add_webhook(account="a_other")
    (row,) = world.rows("webhook")
    world.client.put_item(TableName=TABLE, Item=row | {"pk": {"S": keys.account("a_demo")}})
    rig.add_lead()

    assert failed(0) in rig.news()
    assert rig.endpoint.received == []


def test_twin_a_secret_in_its_own_account_signs(world: World, vault: Vault):
    rig = Rig(world, vault=vault)
    rig.add_webhook()
    rig.add_lead()
    rig.news()

    assert len(rig.endpoint.received) == 1


# Who may do what with the key


def may(document: template.Template, role: str) -> set[str]:
    """What a role may do with the key of customers' credentials."""
    policies: list[dict[str, Any]] = document["Resources"][role]["Properties"].get("Policies", [])
    return {
        action
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if "CredentialKey" in str(statement.get("Resource"))
        for action in statement["Action"]
    }


def roles_with_the_key(document: template.Template) -> dict[str, set[str]]:
    roles = [
        name for name, each in document["Resources"].items() if each["Type"] == "AWS::IAM::Role"
    ]
    return {role: allowed for role in roles if (allowed := may(document, role))}


SEPARATE = {"ConsoleRole": {"kms:Encrypt"}, "WebhooksRole": {"kms:Decrypt"}}


def test_who_takes_secrets_cannot_read_them_and_who_reads_them_takes_none():
    assert roles_with_the_key(template.load()) == SEPARATE


def test_twin_a_console_that_could_read_them_is_caught():
    document = template.load()
    for policy in document["Resources"]["ConsoleRole"]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if "CredentialKey" in str(statement.get("Resource")):
                statement["Action"].append("kms:Decrypt")

    assert roles_with_the_key(document) != SEPARATE
