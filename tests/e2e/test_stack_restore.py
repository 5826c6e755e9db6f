"""P26 on what was deployed: a backup of the running table comes back without whom it must not."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from dev.stack import seed_facts
from dev.stack.aws import LocalAws
from tests.canary_scan import hits, row_text
from tests.e2e.customers import sign_in
from tests.e2e.running_stack import ROOT, RunningStack
from tests.e2e.visitors import Visitor


@pytest.fixture
def dynamodb(stack: dict[str, Any]) -> Iterator[Any]:
    """Leaves no copy of the table and no backup behind."""
    client = LocalAws(stack["aws_endpoint"]).client("dynamodb")
    before = set(client.list_tables()["TableNames"])
    yield client
    for name in set(client.list_tables()["TableNames"]) - before:
        client.delete_table(TableName=name)
    for backup in client.list_backups(TableName=stack["table"])["BackupSummaries"]:
        client.delete_backup(BackupArn=backup["BackupArn"])
    client.close()


def restore(stack_itself: RunningStack, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "dev.restore", "--local"]
    command += ["--stack", str(stack_itself.state / "stack.json"), "--keep", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "layers" / "shared")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def rows(dynamodb: Any, table: str) -> dict[tuple[str, str], Any]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = [row for page in pages for row in page["Items"]]
    return {(row["pk"]["S"], row["sk"]["S"]): row for row in found}


def test_who_was_erased_since_the_backup_is_not_in_the_copy_and_the_others_are(
    stack: dict[str, Any], stack_itself: RunningStack, dynamodb: Any
) -> None:
    owner, word = sign_in(stack, seed_facts.OWNER_EMAIL, number=61), secrets.token_hex(6)
    person = {"name": f"Ca{word}", "email": f"{word}@visitor.example", "message": f"Frage {word}"}
    lead = Visitor(stack, 61).leave(**person).json["lead"]
    stays = Visitor(stack, 62).leave(email=f"{secrets.token_hex(6)}@visitor.example").json["lead"]
    made = dynamodb.create_backup(TableName=stack["table"], BackupName="drill")["BackupDetails"]
    path = f"/v1/sites/{stack['site']}/leads/{lead}"
    assert owner.call("DELETE", path).status == 204
    tables = set(dynamodb.list_tables()["TableNames"])

    code, said = restore(stack_itself, "--backup", made["BackupArn"])

    assert code == 0, said
    (copy,) = set(dynamodb.list_tables()["TableNames"]) - tables
    there = rows(dynamodb, copy)
    assert hits(person, {"copy": row_text(there.values()), "said": said}) == []
    place = (f"LEADS#{stack['site']}", f"LEAD#{stays}")
    assert there[place] == rows(dynamodb, stack["table"])[place]
    ttl = dynamodb.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "ENABLED"
    said_of = dynamodb.describe_continuous_backups(TableName=copy)["ContinuousBackupsDescription"]
    recovery = said_of["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    assert "nothing found, out of quarantine" in said
