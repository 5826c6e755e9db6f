"""Stands in for a backup on the local stack: a copy of its table beside it, and away with it."""

import os
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from dev.restore.deployed import Deployed
from dev.stack.aws import REGION, LocalAws
from dev.stack.progress import StackError
from dev.stack.settings import read_json

STAGE = "local"


def running(stack_file: Path) -> Deployed:
    """The stack that the file tells of; AWS clients of this process reach it from here on."""
    stack = read_json(stack_file)
    if not stack:
        raise StackError("no stack is running: start it with `make run` in another terminal")
    os.environ.update(LocalAws(stack["aws_endpoint"]).environment)
    return Deployed.read(STAGE, REGION)


@contextmanager
def restored(
    client: Any, table: str, *, backup: str | None, keep: bool
) -> Generator[tuple[str, datetime]]:
    """Gives the name of a new copy and since when its backup is, one that is made now unless one is
    given: MiniStack does not say that of a table."""
    name = f"{table}-copy-{secrets.token_hex(3)}"
    mine = None
    if backup is None:
        made = client.create_backup(TableName=table, BackupName=name)
        backup = mine = made["BackupDetails"]["BackupArn"]
    details = client.describe_backup(BackupArn=backup)["BackupDescription"]["BackupDetails"]
    client.restore_table_from_backup(TargetTableName=name, BackupArn=backup)
    try:
        while client.describe_table(TableName=name)["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(0.1)
        yield name, details["BackupCreationDateTime"]
    finally:
        if not keep:
            client.delete_table(TableName=name)
        if mine is not None:
            client.delete_backup(BackupArn=mine)
