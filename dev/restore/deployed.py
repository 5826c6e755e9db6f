"""Which tables and bucket a stage has, and what a restored copy of its table must be like."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from leadlayer.core.clients import s3_client
from leadlayer.core.clock import utc_now
from leadlayer.core.ids import ulid
from leadlayer.core.table import open_table
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.erasure import open_eraser
from leadlayer.privacy.ledger import Ledger
from leadlayer.privacy.restore import Restore
from leadlayer.privacy.restore_copy import Copy, Wanted
from leadlayer.privacy.restore_ledger import Entry, read_ledger


@dataclass(frozen=True)
class Deployed:
    """A stage's stack, as CloudFormation knows it."""

    stage: str
    region: str
    table: str
    ledger: str
    exports: str

    @classmethod
    def read(cls, stage: str, region: str) -> "Deployed":
        """Raises KeyError for a stack without the tables."""
        cloudformation = boto3.client("cloudformation", region_name=region)
        found = cloudformation.describe_stack_resources(StackName=f"leadlayer-{stage}")
        names = {
            each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
            for each in found["StackResources"]
        }
        return cls(stage, region, names["Table"], names["Ledger"], names["Exports"])

    @property
    def wanted(self) -> Wanted:
        return Wanted(is_protected=self.stage == "prod", tags={"leadlayer:stage": self.stage})


def restore_of(
    deployed: Deployed,
    copy: str,
    *,
    wait_s: float,
    tell: Callable[[str], None],
    made_at: datetime | None = None,
) -> Restore:
    """The steps on that copy; from here on every item of this process is one of the copy."""
    client: Any = boto3.client("dynamodb", region_name=deployed.region)
    table = open_table(copy, region=deployed.region, clock=utc_now)
    ledger = Ledger(
        deployed.ledger, region=deployed.region, clock=utc_now, new_id=lambda: ulid(utc_now())
    )
    files = ExportFiles(deployed.exports, lambda: s3_client(deployed.region))

    def entries() -> Sequence[Entry]:
        return read_ledger(client, deployed.ledger)

    return Restore(
        copy=Copy(client, copy, utc_now, pause=lambda: time.sleep(wait_s), made_at=made_at),
        served=deployed.table,
        wanted=deployed.wanted,
        table=table,
        eraser=open_eraser(table, ledger=ledger, files=files, clock=utc_now),
        entries=entries,
        clock=utc_now,
        tell=tell,
    )
