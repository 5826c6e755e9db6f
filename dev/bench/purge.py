"""What a purge asks of DynamoDB for each lead that it removes: `python -m dev.bench.purge`.

Of more and more leads some are overdue, and the cost has to follow those. The purge breaks off in
the middle, another goes on, and what is left then is counted. On the running stack, in a table of
its own; with `--moto` in this process.
"""

import argparse
import json
import math
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from dev.bench.report import Table as Printed
from dev.bench.report import machine
from dev.stack.aws import REGION, LocalAws
from leadlayer.core import due, keys
from leadlayer.core.clock import epoch
from leadlayer.core.ids import ulid
from leadlayer.core.table import Item, Put, Table, open_table
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.erasure import open_eraser
from leadlayer.privacy.ledger import Ledger
from leadlayer.privacy.purge import Purge, open_purge
from leadlayer.privacy.purge_budget import Budget
from leadlayer.privacy.purge_store import PurgeStateItem

STACK_FILE = Path(".local/stack.json")
NAME = "leadlayer-bench-purge"
ACCOUNT = "a_bench"
# Stand-ins read a whole partition to answer for a part of it, so that no site has very many.
LEADS_OF_SITE = 500
DAYS = 10
# When whoever was killed is no longer taken to be at work.
LATER = timedelta(hours=1)
# How DynamoDB rounds what it bills (developer guide, "Read and write operations"): 4 KB read, half
# of it where an index answers, 1 KB written, in the table and in each index in which a row stands.
READ, WRITE = 4096, 1024
Row = dict[str, Any]


class BrokenOff(BaseException):  # as final as the end of a process, which it stands for
    """Nothing that comes after this call happens."""


@dataclass
class Bill:
    """Stand-ins bill every call one unit, so it is reckoned here, from the rows themselves."""

    sizes: Mapping[tuple[str, str], int]
    breaks_at: int
    calls: Counter[str] = field(default_factory=Counter[str])
    read: float = 0
    written: float = 0

    def asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        if self.calls.total() == self.breaks_at:
            raise BrokenOff
        for writes in params.get("RequestItems", {}).values():
            for write in writes:
                key = write["DeleteRequest"]["Key"]
                self.written += self.sizes.get((key["pk"]["S"], key["sk"]["S"]), 1)
        if model.name in {"PutItem", "UpdateItem"}:
            self.written += 1

    def answered(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        if model.name not in {"Query", "GetItem"}:
            return
        rows = parsed.get("Items", [parsed["Item"]] if "Item" in parsed else [])
        units = max(1, math.ceil(sum(map(_bytes, rows)) / READ))
        is_index = bool(rows) and "gsi2pk" in rows[0] and "type" not in rows[0]
        self.read += units / 2 if is_index else units


def _bytes(row: Row) -> int:
    return sum(len(name) + len(str(next(iter(value.values())))) for name, value in row.items())


def lead_rows(number: int, site: str, expires: int, now: datetime) -> Iterator[Row]:
    """A lead as the form leaves it, and its rows in the index of people."""
    lead_id, at = ulid(now - timedelta(days=400, seconds=number)), now.isoformat()
    subjects = [f"{kind}-{number}" for kind in ("mail", "phone")]
    pk, sk = due.place(expires, now)
    texts = {
        "pk": keys.leads(site), "sk": keys.lead(lead_id), "type": "lead", "account_id": ACCOUNT,
        "state": "new", "created_at": at, "visited_at": at, "name": "Somebody",
        "email": "somebody@visitor.example", "message": "Could you send me an offer? " * 6,
        "subjects": json.dumps(subjects), "consent_version": "1", "consent_text_hash": "0" * 64,
        "consent_language": "nl", "consent_method": "form", "consent_at": at,
        # `place` lists what is past under today; these came when their end was far.
        "gsi2pk": min(pk, keys.due(_day(expires))), "gsi2sk": sk,
    }  # fmt: skip
    end = {"expires_at": {"N": str(expires)}}
    row: Row = {name: {"S": text} for name, text in texts.items()}
    yield row | end | {"consent_given": {"BOOL": True}}
    for subject in subjects:
        place = {"pk": {"S": keys.subject(ACCOUNT, subject)}, "sk": {"S": f"LEAD#{site}#{lead_id}"}}
        yield place | end | {"type": {"S": "subject_ref"}}


def _day(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).date().isoformat()


def create_table(client: Any) -> None:
    indexes = {"gsi1": "ALL", "gsi2": "KEYS_ONLY"}
    names = [f"{index}{part}" for index in ("", *indexes) for part in ("pk", "sk")]
    client.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_schema(""),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": _schema(index),
                "Projection": {"ProjectionType": projected},
            }
            for index, projected in indexes.items()
        ],
    )


def _schema(prefix: str) -> list[dict[str, str]]:
    kinds = (("pk", "HASH"), ("sk", "RANGE"))
    return [{"AttributeName": prefix + name, "KeyType": kind} for name, kind in kinds]


def fill(client: Any, now: datetime, there: int, overdue: int) -> dict[tuple[str, str], int]:
    """Writes the leads, and gives what deleting each overdue row will be billed."""
    sizes: dict[tuple[str, str], int] = {}
    batch: list[Row] = []
    for number in range(there):
        past = number < overdue
        shift = (
            timedelta(days=number % DAYS, hours=1) if past else timedelta(days=-1 - number % 700)
        )
        site = f"s_bench{number % (1 + there // LEADS_OF_SITE)}"
        for row in lead_rows(number, site, epoch(now - shift), now):
            batch.append({"PutRequest": {"Item": row}})
            if past:
                units = math.ceil(_bytes(row) / WRITE) + ("gsi2pk" in row)
                sizes[row["pk"]["S"], row["sk"]["S"]] = units
            if len(batch) == 25:
                client.batch_write_item(RequestItems={NAME: batch})
                batch = []
    if batch:
        client.batch_write_item(RequestItems={NAME: batch})
    return sizes


def measured(client: Any, there: int, overdue: int) -> tuple[str, ...]:
    create_table(client)
    try:
        now = datetime.now(UTC)
        sizes = fill(client, now, there, overdue)
        _open(now)
        connection: Any = Item._get_connection()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the one that all items share
        events, bill = connection.connection.client.meta.events, Bill(sizes, breaks_at=2 * overdue)
        events.register("before-parameter-build.dynamodb", bill.asked)
        events.register("after-call.dynamodb", bill.answered)
        began = time.monotonic()
        budget = Budget(lambda: math.inf, most=10**9, per_second=math.inf)
        with suppress(BrokenOff):
            _purge(now).run(budget)
        _purge(now + LATER).run(budget)
        took = time.monotonic() - began
        left = Counter(_rows_left(client))
    finally:
        # One that takes long to delete is asked for again, and is not found then.
        with suppress(client.exceptions.ResourceNotFoundException):
            client.delete_table(TableName=NAME)
    each = (bill.calls.total(), bill.read, bill.written)
    shown = (f"{value / overdue:.2f}" for value in each)
    return (
        f"{there:,}", f"{overdue:,}", f"{bill.calls.total():,}", *shown, f"{took:.1f}",
        f"{left['lead'] - (there - overdue):+,}",
        f"{left['subject_ref'] - 2 * (there - overdue):+,}",
    )  # fmt: skip


def _rows_left(client: Any) -> Iterator[str]:
    pages = client.get_paginator("scan").paginate(
        TableName=NAME, ProjectionExpression="#t", ExpressionAttributeNames={"#t": "type"}
    )
    return (row["type"]["S"] for page in pages for row in page["Items"])


def _open(now: datetime) -> None:
    # Another table than before under the same connection.
    Item._connection = None  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    table = open_table(NAME, region=REGION, clock=lambda: now)
    finished = (now - timedelta(days=DAYS + 2)).date().isoformat()
    table.write(Put(PurgeStateItem(keys.purge(), "STATE", finished_day=finished)))


def _purge(now: datetime) -> Purge:
    table = Table(clock=lambda: now)
    ledger = Ledger(NAME, region=REGION, clock=lambda: now, new_id=lambda: ulid(now))
    files = ExportFiles("no-bucket", lambda: None)
    eraser = open_eraser(table, ledger=ledger, files=files, clock=lambda: now)
    return open_purge(table, ledger=ledger, files=files, eraser=eraser, new_id=lambda: ulid(now))


def _sizes(text: str) -> tuple[int, int]:
    there, _, overdue = text.partition(":")
    return int(there), int(overdue)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", type=Path, default=STACK_FILE, help="stack.json of the stack")
    parser.add_argument("--moto", action="store_true", help="in this process, without a stack")
    parser.add_argument(
        "--sizes", type=_sizes, nargs="+", default=[(1_000, 100), (4_000, 100), (4_000, 400)],
        help="leads:overdue, for example 1000000:100000",
    )  # fmt: skip
    given = parser.parse_args()
    print(machine(), end="\n\n")
    with ExitStack() as stack:
        if given.moto:
            from moto import mock_aws

            os.environ.update(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")  # noqa: S106  # moto's
            stack.enter_context(mock_aws())
            client = boto3.client("dynamodb", region_name=REGION)
        else:
            aws = LocalAws(json.loads(given.stack.read_text())["aws_endpoint"])
            os.environ.update(aws.environment)
            client = aws.client("dynamodb")
        head = (
            "leads",
            "removed",
            "calls",
            "calls each",
            "read units each",
            "write units each",
            "s",
            "leads too many",
            "index rows too many",
        )
        rows = [measured(client, there, overdue) for there, overdue in given.sizes]
    print(Printed("Purging overdue leads", head, rows).markdown())


if __name__ == "__main__":
    main()
