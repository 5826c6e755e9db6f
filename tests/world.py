"""A small world for handlers: a table in moto, one customer with one site, and ways to call."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from leadlayer.accounts.model import Account, Member
from leadlayer.accounts.store import AccountStore
from leadlayer.core.crypto import Keyring
from leadlayer.core.settings import Settings
from leadlayer.core.table import Item, Table, open_table
from leadlayer.sites.model import Consent, Site
from leadlayer.sites.store import SiteStore
from tests.clocks import FixedClock
from tests.quick_moto import quicken

TABLE = "leadlayer-test"
REGION = "eu-central-1"
ORIGIN = "https://shop.example"
KEYRING = Keyring(bytes(range(32)))
EVENTS = Path(__file__).parents[1] / "events"
SITE = Site(
    id="s_demo",
    account_id="a_demo",
    name="Fietsenwinkel Demo",
    origins=(ORIGIN,),
    privacy_notice_url="https://shop.example/privacy",
    knowledge="Wij zijn open van 9 tot 17 uur.",
    consent=Consent({"nl": "De winkel mag mij bellen.", "en": "The shop may call me."}),
    pixel_mode="exempt",
)


@dataclass
class Context:
    """What Lambda hands to a handler beside the event."""

    function_name: str = "test"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:test"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@dataclass
class World:
    table: Table
    clock: FixedClock
    client: Any
    settings: Settings = field(default_factory=lambda: Settings("local", TABLE))
    keyring: Keyring = KEYRING

    def rows(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What is physically in the table, expired or not, as DynamoDB keeps it: what a scan would
        give, without the way there and back."""
        found = [item.to_json()["Attributes"] for item in table_in_moto().all_items()]
        return [row for row in found if kind in (None, row["type"]["S"])]

    def set_site_state(self, state: str) -> None:
        """As the end or return of an account does it, whatever else is being changed just now."""
        self.client.update_item(
            TableName=TABLE,
            Key={"pk": {"S": f"SITE#{SITE.id}"}, "sk": {"S": "PROFILE"}},
            UpdateExpression="SET #state = :state ADD revision :one",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": {"S": state}, ":one": {"N": "1"}},
            ConditionExpression="attribute_exists(pk)",
        )

    def save_site(self, site: Site = SITE) -> Site:
        SiteStore(self.table).save(site)
        return site


def table_in_moto() -> Any:
    """Looked up each time: a transaction that fails puts another in its place."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE]


def create_table(client: Any) -> None:
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_schema("pk", "sk"),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "gsi1",
                "KeySchema": _schema("gsi1pk", "gsi1sk"),
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "gsi2",
                "KeySchema": _schema("gsi2pk", "gsi2sk"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )


def make_world() -> Iterator[World]:
    """To be used inside moto's mock."""
    quicken()
    # A client of an earlier mock would talk to a table that is gone.
    Item._connection = None
    client = boto3.client("dynamodb", region_name=REGION)
    create_table(client)
    clock = FixedClock()
    world = World(open_table(TABLE, region=REGION, clock=clock), clock, client)
    accounts = AccountStore(world.table)
    accounts.save(Account("a_demo", "Demo B.V."))
    accounts.save_member(Member("m_owner", "a_demo", "owner@shop.example", "owner", "nl"))
    world.save_site()
    yield world


def load_event(name: str, **changes: Any) -> dict[str, Any]:
    """An event file, as `sam local invoke` gets it; `body` may be given as an object."""
    event = json.loads((EVENTS / f"{name}.json").read_text())
    if not isinstance(changes.get("body", ""), str):
        changes["body"] = json.dumps(changes["body"])
    headers = changes.pop("headers", {})
    event |= changes
    event["headers"] = {**event.get("headers", {}), **headers}
    return event


def body_of(answer: dict[str, Any]) -> dict[str, Any]:
    return json.loads(answer["body"])


def _schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]
