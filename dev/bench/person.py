"""What it takes to erase one person among many, and whether anybody else notices:
`python -m dev.bench.person`.

Every other row of the running stack's table has to be the same afterwards, byte for byte, and no
value of the person's may be left in any. Fails when either is not so.
"""

import argparse
import hashlib
import json
import math
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.bench.desk import ACCOUNT, STACK_FILE, Bench, Row, conversation_rows, lead_row, open_bench
from dev.bench.desk import size_of as bytes_of
from dev.bench.report import Table as Printed
from dev.bench.report import machine
from leadlayer.core import keys
from leadlayer.core.ids import ulid
from leadlayer.privacy.erasure import open_eraser
from leadlayer.privacy.subject import erase_subject

MESSAGES = 6
# A lead, the head of its conversation, and an index row for the address and for the number.
ROWS = MESSAGES + 4
PEOPLE_OF_SITE = 100
# What an erasure is billed: whole KB of each row, once for the table and once for each index that
# the row stands in (DynamoDB developer guide, "Write consumption").
WRITE_UNIT = 1024
Key = tuple[str, str]


@dataclass(frozen=True)
class Person:
    """All texts of theirs contain `mark`, which nobody else has."""

    site: str
    mark: str

    @property
    def subjects(self) -> tuple[str, str]:
        return f"mail-{self.mark}", f"phone-{self.mark}"

    def rows(self, bench: Bench) -> Iterator[Row]:
        lead_id, conversation = ulid(bench.now), f"c_{self.mark}"
        lead = lead_row(self.site, lead_id, bench.now, conversation)
        lead["subjects"] = {"S": json.dumps(self.subjects)}
        for name in ("name", "email", "message"):
            lead[name] = {"S": f"{self.mark} {lead[name]['S']}"}
        yield lead
        for row in conversation_rows(self.site, conversation, MESSAGES, bench.now):
            if "text" in row:
                row["text"] = {"S": f"{self.mark} {row['text']['S']}"}
            yield row
        for subject in self.subjects:
            place = {"pk": keys.subject(ACCOUNT, subject), "sk": f"LEAD#{self.site}#{lead_id}"}
            texts = place | {"type": "subject_ref"}
            yield {name: {"S": text} for name, text in texts.items()} | {
                "expires_at": lead["expires_at"]
            }


def snapshot(bench: Bench) -> dict[Key, Row]:
    pages = bench.aws.client("dynamodb").get_paginator("scan")
    found = (row for page in pages.paginate(TableName=bench.table_name) for row in page["Items"])
    return {(row["pk"]["S"], row["sk"]["S"]): row for row in found}


def digest(rows: dict[Key, Row]) -> str:
    """Of all their bytes, whatever order they came in."""
    text = json.dumps(sorted(rows.items()), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def erased(bench: Bench, person: Person) -> tuple[Any, float]:
    eraser = open_eraser(bench.table, ledger=bench.ledger, files=bench.files, clock=bench.clock)
    began = time.perf_counter()
    with bench.counted() as calls:
        for subject in person.subjects:
            erase_subject(ACCOUNT, subject, table=bench.table, eraser=eraser)
    return calls, time.perf_counter() - began


def write_units(rows: dict[Key, Row]) -> int:
    indexes = ("gsi1pk", "gsi2pk")
    return sum(
        math.ceil(bytes_of(row) / WRITE_UNIT) * (1 + sum(name in row for name in indexes))
        for row in rows.values()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", type=Path, default=STACK_FILE, help="stack.json of the stack")
    parser.add_argument("--people", type=int, default=10_000)
    given = parser.parse_args()
    print(machine(), end="\n\n")
    bench = open_bench(json.loads(given.stack.read_text()))
    sites = [f"s_{secrets.token_hex(6)}" for _ in range(1 + given.people // PEOPLE_OF_SITE)]
    people = [Person(sites[n % len(sites)], secrets.token_hex(8)) for n in range(given.people)]
    written = bench.put(row for person in people for row in person.rows(bench))
    person = people[given.people // 2]

    before = snapshot(bench)
    calls, took = erased(bench, person)
    after = snapshot(bench)

    gone = {key: row for key, row in before.items() if key not in after}
    others = {key: row for key, row in before.items() if key not in gone}
    checks = {
        "all rows of the person went": len(gone) == ROWS,
        "rows of others are unchanged": digest(others) == digest(after),
        "no value of the person is left": person.mark not in json.dumps(sorted(after.items())),
    }
    print(f"{given.people:,} people, {written:,} rows of theirs", end="\n\n")
    head = ("calls", "in all", "write units for the rows", "ms")
    row = (
        calls.shown,
        str(calls.by_operation.total()),
        str(write_units(gone)),
        f"{1000 * took:.0f}",
    )
    print(Printed("Erasing one of them", head, [row]).markdown(), end="\n\n")
    for name, holds in checks.items():
        print(f"- {name}: {'yes' if holds else 'NO'}")
    raise SystemExit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
