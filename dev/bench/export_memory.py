"""How much memory an export takes, by how many leads it has: `python -m dev.bench.export_memory`.

The table hands out pages of made-up rows as DynamoDB's answers have them, and the bucket throws
away what it gets, so that all memory is the export's own. Each number of leads has a process of its
own.
"""

import argparse
import resource
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from typing import Any

from dev.bench.report import Table as Printed
from leadlayer.core.table import Item, Page, Table, open_table
from leadlayer.exports.archive import write_archive
from leadlayer.exports.files import ExportFiles
from leadlayer.exports.model import Format
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.export import account_sheets
from leadlayer.sites.model import Site
from leadlayer.sites.store import SiteItem, site_row

SITE = Site("s_bench", "a_bench", "Bench", ("https://shop.example",))
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


class MadeUpTable(Table):
    """One site with many leads. Counts the rows that it has handed out."""

    def __init__(self, leads: int) -> None:
        super().__init__(clock=lambda: NOW)
        self.leads = leads
        self.handed_out = 0

    def query[I: Item](self, model: type[I], pk: str, **asked: Any) -> Page[Any]:
        if model is not LeadItem:
            return Page([])
        begin = asked["after"] or 0
        end = min(self.leads, begin + asked["limit"])
        self.handed_out += end - begin
        found = [LeadItem.from_raw_data(_raw(pk, number)) for number in range(begin, end)]
        return Page(found, end if end < self.leads else None)  # pyright: ignore[reportArgumentType]  # whatever comes back as `after`

    def query_index[I: Item](self, model: type[I], gsi1pk: str, **_: Any) -> Page[Any]:  # noqa: ARG002  # as in Table
        return Page([site_row(SITE)] if model is SiteItem else [])


class Nowhere:
    """An S3 client that keeps nothing; remembers how large each part was."""

    def __init__(self) -> None:
        self.parts: list[int] = []

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        return {"UploadId": "u"}

    def upload_part(self, *, Body: bytes | bytearray, **_: Any) -> dict[str, str]:  # noqa: N803  # S3's name
        self.parts.append(len(Body))
        return {"ETag": "e"}

    def complete_multipart_upload(self, **_: Any) -> None:
        """Nothing to complete."""

    def abort_multipart_upload(self, **_: Any) -> None:
        """Nothing to abort."""


def export(table: Table, bucket: Nowhere, wanted: Format, tell: Any = lambda _: None) -> int:
    """Returns the size of the file."""
    with ExportFiles("bench", lambda: bucket).writer("key") as file:
        sheets = account_sheets(SITE.account_id, table=table, clock=lambda: NOW)
        write_archive(file, sheets, wanted=wanted, now=NOW, tell=tell)
    return file.bytes


def traced_peak(leads: int, wanted: Format = "json") -> int:
    """Bytes that Python's allocator had out at most."""
    tracemalloc.start()
    export(MadeUpTable(leads), Nowhere(), wanted)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def open_no_table() -> None:
    """Rows are made from answers only where they know their table."""
    open_table("bench", region="eu-central-1", clock=lambda: NOW)


def _raw(pk: str, number: int) -> dict[str, Any]:
    """A lead with a message of some length, which compresses as badly as real ones do."""
    words = " ".join(str(hash((number, word)) % 10**9) for word in range(60))
    texts = {
        "pk": pk,
        "sk": f"LEAD#01KAR{number:021}",
        "type": "lead",
        "account_id": SITE.account_id,
        "state": "new",
        "created_at": "2026-11-23T10:00:00Z",
        "visited_at": "2026-11-23T10:00:00Z",
        "name": f"Somebody {number}",
        "email": f"somebody{number}@visitor.example",
        "message": words,
        "subjects": "[]",
        "consent_version": "1",
        "consent_text_hash": "0" * 64,
        "consent_language": "nl",
        "consent_method": "form",
        "consent_at": "2026-11-23T10:00:00Z",
    }
    raw: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
    return raw | {"consent_given": {"BOOL": True}, "expires_at": {"N": "1858586400"}}


def _measure(leads: int, wanted: Format) -> str:
    """In this very process: its largest resident size in KB, and the size of the file."""
    size = export(MadeUpTable(leads), Nowhere(), wanted)
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} {size}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--format", choices=("json", "csv"), default="json")
    parser.add_argument("--here", type=int, help="measure one number in this process")
    given = parser.parse_args()
    open_no_table()
    if given.here is not None:
        print(_measure(given.here, given.format))
        return
    rows: list[tuple[str, ...]] = []
    first = [0.0, 0.0]
    for leads in given.leads:
        command = [sys.executable, "-m", "dev.bench.export_memory", f"--here={leads}"]
        said = subprocess.run(
            [*command, f"--format={given.format}"], capture_output=True, text=True, check=True
        )
        resident, size = (int(word) for word in said.stdout.split())
        traced = traced_peak(leads, given.format)
        first = [first[0] or resident, first[1] or traced]
        rows.append(
            (
                f"{leads:,}",
                f"{size / 1e6:.1f}",
                f"{resident / 1024:.1f}",
                f"{resident / first[0]:.2f}",
                f"{traced / 1e6:.1f}",
                f"{traced / first[1]:.2f}",
            )
        )
    head = ("leads", "file MB", "resident MB", "ratio", "traced MB", "ratio")
    print(Printed("Memory of an export", head, rows).markdown())


if __name__ == "__main__":
    main()
