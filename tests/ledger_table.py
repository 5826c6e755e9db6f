"""The ledger on a table of its own in moto, beside the world's."""

from leadlayer.core.ids import ulid
from leadlayer.privacy.ledger import Ledger
from tests.console_calls import LEDGER_TABLE
from tests.world import REGION, World


def ledger_in_moto(world: World) -> Ledger:
    """An empty one, whatever an earlier test of the module left."""
    if LEDGER_TABLE in world.client.list_tables()["TableNames"]:
        world.client.delete_table(TableName=LEDGER_TABLE)
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    world.client.create_table(
        TableName=LEDGER_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
    )
    return Ledger(
        LEDGER_TABLE, region=REGION, clock=world.clock, new_id=lambda: ulid(world.clock())
    )
