"""What the desk asks of the running stack's DynamoDB, counted: `python -m dev.bench.desk`.

Lists the 50 newest of very many leads, and erases a lead with a long conversation. A filter that
matches nothing ends after a bounded number of rows; an erasure deletes in batches.
"""

import argparse
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from math import ceil
from pathlib import Path
from typing import Any

from dev.bench.report import Table as Printed
from dev.bench.report import machine
from dev.stack.aws import REGION, DeployedStack, LocalAws
from leadlayer.console.newest import ids_between, newest
from leadlayer.core import keys
from leadlayer.core.ids import ulid
from leadlayer.core.table import Item, Table, open_table
from leadlayer.exports.files import ExportFiles
from leadlayer.leads.desk import LeadDesk
from leadlayer.leads.model import Lead
from leadlayer.privacy.erasure import Target, open_eraser
from leadlayer.privacy.ledger import Ledger

STACK_FILE = Path(".local/stack.json")
THREADS = 8
# As many as BatchWriteItem takes at once.
BATCH = 25
READ_UNIT = 4096
PERIOD = timedelta(days=730)
ACCOUNT = "a_bench"
Row = dict[str, Any]


@dataclass
class Calls:
    """What one question took: calls by operation, rows of the answers, read units. MiniStack bills
    every call one unit, whatever it read, so that units are computed from the rows: one for each
    4 KB begun of what a consistent query reads (DynamoDB developer guide, "Read consumption")."""

    by_operation: Counter[str] = field(default_factory=Counter[str])
    rows: int = 0
    units: int = 0

    def answered(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.by_operation[model.name] += 1
        rows = parsed.get("Items", ())
        self.rows += len(rows)
        self.units += max(1, ceil(sum(map(size_of, rows)) / READ_UNIT))

    @property
    def shown(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in sorted(self.by_operation.items()))


@dataclass(frozen=True)
class Bench:
    aws: LocalAws
    table_name: str
    table: Table
    ledger: Ledger
    files: ExportFiles
    now: datetime

    def clock(self) -> datetime:
        return self.now

    @contextmanager
    def counted(self) -> Generator[Calls]:
        connection: Any = Item._get_connection()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the one that all items share
        events = connection.connection.client.meta.events
        calls = Calls()
        events.register("after-call.dynamodb", calls.answered)
        try:
            yield calls
        finally:
            events.unregister("after-call.dynamodb", calls.answered)

    def put(self, rows: Iterable[Row], until: float = float("inf")) -> int:
        """Writes the rows, as many as there is time for; returns how many."""
        client = self.aws.client("dynamodb")

        def send(batch: Sequence[Row]) -> int:
            if time.monotonic() > until:
                return 0
            waiting: Any = {self.table_name: [{"PutRequest": {"Item": row}} for row in batch]}
            while waiting:
                waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]
            return len(batch)

        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(send, batched(rows, BATCH, strict=False)))


def open_bench(stack: dict[str, str]) -> Bench:
    aws = LocalAws(stack["aws_endpoint"])
    os.environ.update(aws.environment)
    deployed = DeployedStack.read(aws)
    now = datetime.now(UTC)
    table = open_table(stack["table"], region=REGION, clock=lambda: now)
    (ledger,) = (
        deployed.physical_ids[name]
        for name in deployed.logical_ids("AWS::DynamoDB::Table")
        if "ledger" in name.lower()
    )
    return Bench(
        aws=aws,
        table_name=stack["table"],
        table=table,
        ledger=Ledger(ledger, region=REGION, clock=lambda: now, new_id=lambda: ulid(now)),
        files=ExportFiles("no-bucket", lambda: aws.client("s3")),
        now=now,
    )


def lead_row(site: str, lead_id: str, now: datetime, conversation: str | None = None) -> Row:
    at = now.isoformat()
    texts = {
        "pk": keys.leads(site),
        "sk": keys.lead(lead_id),
        "type": "lead",
        "account_id": ACCOUNT,
        "state": "new",
        "created_at": at,
        "visited_at": at,
        "name": "Somebody",
        "email": "somebody@visitor.example",
        "message": "Could you send me an offer? " * 6,
        "subjects": "[]",
        "consent_version": "1",
        "consent_text_hash": "0" * 64,
        "consent_language": "nl",
        "consent_method": "form",
        "consent_at": at,
    }
    if conversation is not None:
        place = keys.conversation(site, conversation)
        texts |= {"conversation_id": conversation, "gsi1pk": place, "gsi1sk": keys.lead(lead_id)}
    return _row(texts, now) | {"consent_given": {"BOOL": True}}


def conversation_rows(site: str, conversation: str, messages: int, now: datetime) -> Iterator[Row]:
    pk, at = keys.conversation(site, conversation), now.isoformat()
    head = {"pk": pk, "sk": "META", "type": "conversation", "account_id": ACCOUNT}
    head |= {"language": "nl", "visited_at": at, "disclosure_version": "1"}
    yield _row(head, now) | {"turns": {"N": str(messages)}}
    for turn in range(messages):
        texts = {"pk": pk, "sk": keys.message(ulid(now)), "type": "message"}
        texts |= {"role": "visitor", "text": "And in blue? " * 8, "at": at}
        yield _row(texts, now) | {"turn": {"N": str(turn)}}


def size_of(row: Row) -> int:
    """Bytes of a row of texts and whole numbers as DynamoDB counts them, or a little more."""
    return sum(len(name) + len(str(*value.values()).encode()) for name, value in row.items())


def _row(texts: dict[str, str], now: datetime) -> Row:
    expires = int((now + PERIOD).timestamp())
    row: Row = {name: {"S": text} for name, text in texts.items()}
    return row | {"expires_at": {"N": str(expires)}}


def lists(bench: Bench, sites: Sequence[str], deep: str) -> Iterator[Sequence[str]]:
    desk = LeadDesk(bench.table)

    def nothing(_: Lead) -> bool:
        return False

    def all_(_: Lead) -> bool:
        return True

    questions: tuple[tuple[str, Sequence[str], str | None, Callable[[Lead], bool]], ...] = (
        ("first page of one site", sites[:1], None, all_),
        ("one site, from half-way", sites[:1], deep, all_),
        ("first page of all sites", sites, None, all_),
        ("one site, state that none has", sites[:1], None, nothing),
        ("all sites, state that none has", sites, None, nothing),
    )
    for name, of, cursor, is_wanted in questions:
        with bench.counted() as calls:
            began = time.perf_counter()
            found, more = newest(
                of,
                ids_between(None, cursor),
                read=lambda site, ids, most: desk.newest(site, ids, limit=most),
                is_wanted=is_wanted,
                limit=50,
            )
            took = 1000 * (time.perf_counter() - began)
        listed = f"{len(found)}{' and a cursor' if more else ''}"
        yield name, listed, calls.shown, f"{calls.rows}", f"{calls.units}", f"{took:.0f}"


def erasures(bench: Bench, site: str, sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    eraser = open_eraser(bench.table, ledger=bench.ledger, files=bench.files, clock=bench.clock)
    for messages in sizes:
        lead_id, conversation = ulid(bench.now), f"c_{secrets.token_hex(6)}"
        bench.put(conversation_rows(site, conversation, messages, bench.now))
        bench.put([lead_row(site, lead_id, bench.now, conversation)])
        with bench.counted() as calls:
            began = time.perf_counter()
            heads = eraser.erase(ACCOUNT, [Target("lead", site, lead_id)])
            took = 1000 * (time.perf_counter() - began)
        yield (
            f"{messages:,}",
            f"{heads}",
            calls.shown,
            f"{calls.by_operation.total()}",
            f"{took:.0f}",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", type=Path, default=STACK_FILE, help="stack.json of the stack")
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=180, help="how long writing them may take")
    parser.add_argument("--messages", type=int, nargs="+", default=[10, 100, 1_000])
    given = parser.parse_args()
    print(machine(), end="\n\n")
    bench = open_bench(json.loads(given.stack.read_text()))
    sites = [f"s_{secrets.token_hex(6)}" for _ in range(3)]
    # Spread over the period, the oldest first, each site in its turn.
    moments = (bench.now - PERIOD + number * PERIOD / given.leads for number in range(given.leads))
    rows = (lead_row(sites[n % 3], ulid(at), at) for n, at in enumerate(moments))
    began = time.monotonic()
    written = bench.put(rows, until=began + given.seconds)
    print(f"{written:,} leads of 3 sites written in {time.monotonic() - began:.0f} s", end="\n\n")
    head = ("list", "leads", "calls", "rows read", "read units", "ms")
    deep = ulid(bench.now - PERIOD + PERIOD / 2 * written / given.leads)
    print(Printed("50 newest", head, list(lists(bench, sites, deep))).markdown(), end="\n\n")
    head = ("messages", "heads", "calls", "in all", "ms")
    print(
        Printed("Erasing a lead", head, list(erasures(bench, sites[0], given.messages))).markdown()
    )


if __name__ == "__main__":
    main()
