"""Removes what is overdue, every hour: leads and conversations after their time, accounts after
their last day, counters after their window."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from leadlayer.core import log, metrics
from leadlayer.core.clients import s3_client
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.ids import ulid
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.erasure import open_eraser
from leadlayer.privacy.ledger import Ledger
from leadlayer.privacy.purge import open_purge
from leadlayer.privacy.purge_budget import Budget

# What a run says of itself; whatever else goes is counted together.
_KINDS = ("lead", "conversation", "account", "month", "export", "failed")

Handler = Callable[[dict[str, Any], Any], dict[str, int]]


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    ledger: Ledger
    files: ExportFiles
    sleep: Callable[[float], None] = time.sleep


def build(deps: Deps) -> Handler:
    purge = open_purge(
        deps.table,
        ledger=deps.ledger,
        files=deps.files,
        eraser=open_eraser(deps.table, ledger=deps.ledger, files=deps.files, clock=deps.clock),
        new_id=lambda: ulid(deps.clock()),
    )

    def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
        """With `dry_run` it says what would go, and removes nothing."""
        if event.get("dry_run") is True:
            return dict(purge.plan())
        left = context.get_remaining_time_in_millis
        counts = purge.run(Budget(lambda: left() / 1000, sleep=deps.sleep))
        metrics.publish(f"LeadLayer/{deps.settings.stage}", _published(counts))
        return dict(counts)

    return handle


def _published(counts: Mapping[str, int]) -> dict[str, int]:
    """`PurgeRuns` rings when it stays away: nobody would miss a schedule that does not fire."""
    known = {f"Purged{kind.capitalize()}": counts.get(kind, 0) for kind in _KINDS}
    return {"PurgeRuns": 0 if "busy" in counts else 1, **known}


@cache
def wire() -> Handler:
    settings = Settings.from_env(os.environ)
    region = settings.region
    files = ExportFiles(settings.export_bucket, lambda: s3_client(region))
    table = open_table(settings.table_name, region=region, clock=utc_now)
    ledger = Ledger(
        settings.ledger_table_name, region=region, clock=utc_now, new_id=lambda: ulid(utc_now())
    )
    return build(Deps(settings, table, utc_now, ledger, files))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
