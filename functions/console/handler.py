"""Everything customers do with their account over the API; the routes are in leadlayer.console."""

import os
from functools import cache
from typing import Any

from leadlayer.console.app import build
from leadlayer.console.deps import Deps
from leadlayer.core import log
from leadlayer.core.clients import s3_client, sqs_client
from leadlayer.core.clock import utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.events import Event
from leadlayer.core.http import Handler
from leadlayer.core.ids import ulid
from leadlayer.core.jobs import JobQueue
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.table import open_table
from leadlayer.core.vault import Vault, kms_client
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.ledger import Ledger


@cache
def wire() -> Handler:
    settings = Settings.from_env(os.environ)
    secret = from_parameter_store(settings.parameter_prefix)
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    return build(
        Deps(
            settings,
            table,
            utc_now,
            keyring=lambda: Keyring.from_hex(secret("root-key")),
            ledger=Ledger(
                settings.ledger_table_name,
                region=settings.region,
                clock=utc_now,
                new_id=lambda: ulid(utc_now()),
            ),
            vault=Vault(settings.credential_key, lambda: kms_client(settings.region)),
            # One client each, made at its first use.
            jobs=JobQueue(settings.jobs_queue_url, cache(lambda: sqs_client(settings.region))),
            files=ExportFiles(settings.export_bucket, cache(lambda: s3_client(settings.region))),
        )
    )


def lambda_handler(event: Event, context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Clients are made while Lambda still gives the init phase's full CPU.
    log.quiet_libraries()
    wire()
