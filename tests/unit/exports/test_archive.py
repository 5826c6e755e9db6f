"""An archive is written to its end only, row by row, in parts of one size."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.bench.export_memory import MadeUpTable, Nowhere, export, open_no_table, traced_peak
from leadlayer.core.table import Item
from leadlayer.exports.archive import Row, Sheet, write_archive
from leadlayer.exports.files import PART_BYTES, PartWriter
from leadlayer.exports.model import Format

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_table() -> Iterator[None]:
    open_no_table()
    yield
    Item._connection = None


class Pipe:
    """What can only be written to: no seek, no tell, no read."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)

    def flush(self) -> None:
        pass


class Bucket(Nowhere):
    """Keeps the parts, and whether they were put together."""

    def __init__(self) -> None:
        super().__init__()
        self.content = b""
        self.state = "open"

    def upload_part(self, *, Body: Any, PartNumber: int, **place: Any) -> dict[str, str]:  # noqa: N803  # S3's names
        assert PartNumber == len(self.parts) + 1
        self.content += bytes(Body)
        return super().upload_part(Body=Body, PartNumber=PartNumber, **place)

    def complete_multipart_upload(self, **said: Any) -> None:
        assert len(said["MultipartUpload"]["Parts"]) == len(self.parts)
        self.state = "complete"

    def abort_multipart_upload(self, **_: Any) -> None:
        self.state = "aborted"


def rows(*values: Row) -> Iterator[tuple[Row, float]]:
    for number, value in enumerate(values):
        yield value, number / len(values)


def archived(sheets: list[Sheet], wanted: Format = "json", tell: Any = lambda _: None):
    pipe = Pipe()
    write_archive(pipe, sheets, wanted=wanted, now=NOW, tell=tell)
    return zipfile.ZipFile(io.BytesIO(bytes(pipe.written)))


def test_an_archive_needs_no_more_of_a_file_than_to_be_written_to():
    archive = archived([Sheet("a", ("id",), rows({"id": "1"}, {"id": "2"}))])

    assert archive.testzip() is None
    assert archive.read("a.jsonl") == b'{"id": "1"}\n{"id": "2"}\n'
    assert archive.getinfo("a.jsonl").date_time == (2026, 11, 23, 10, 0, 0)


def test_progress_goes_up_with_the_rows_written_to_the_end():
    told: list[float] = []
    sheets = [Sheet(name, ("id",), rows({"id": "1"}, {"id": "2"})) for name in ("a", "b")]

    archived(sheets, tell=told.append)

    assert told == [0, 25, 50, 50, 75, 100]


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (True, "true"), (-3, "-3"), (1.5, "1.5"), ("-3", "'-3"), ("a=1", "a=1"),
     ('say "hi"; a,b\nc', 'say "hi"; a,b\nc'), ({"nl": "=1"}, '{"nl": "=1"}'), (["a"], '["a"]'),
     ("\t=1", "'\t=1"), ("\n=1", "'\n=1"), ("@x", "'@x"), ("ü€", "ü€")],
)  # fmt: skip
def test_a_cell_is_read_back_as_it_was_and_formulas_as_text(value: Any, cell: str):
    import csv

    archive = archived([Sheet("a", ("id", "value"), rows({"id": "1", "value": value}))], "csv")

    text = archive.read("a.csv").decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["id", "value"], ["1", cell]]


def test_a_table_without_rows_still_names_its_columns():
    archive = archived([Sheet("a", ("id", "name"), rows())], "csv")

    assert archive.read("a.csv").decode("utf-8-sig") == "id,name\r\n"


def written(size: int, bucket: Bucket, piece: int = 700_001) -> None:
    with PartWriter("b", "k", bucket) as writer:
        for start in range(0, size, piece):
            writer.write(bytes([start % 251]) * min(piece, size - start))
    assert writer.bytes == size


@pytest.mark.parametrize(
    "size", [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 9]
)
def test_a_file_goes_up_in_parts_of_one_size_and_a_last_one(size: int):
    bucket = Bucket()

    written(size, bucket)

    assert len(bucket.content) == size
    assert set(bucket.parts[:-1]) <= {PART_BYTES}
    assert 0 < bucket.parts[-1] <= PART_BYTES
    assert bucket.state == "complete"


def test_one_large_write_is_cut_into_parts_too():
    bucket = Bucket()

    written(2 * PART_BYTES + 5, bucket, piece=10 * PART_BYTES)

    assert bucket.parts == [PART_BYTES, PART_BYTES, 5]


def test_a_file_that_breaks_off_is_not_there():
    bucket = Bucket()

    def break_off() -> None:
        with PartWriter("b", "k", bucket) as writer:
            writer.write(b"x" * (PART_BYTES + 1))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        break_off()

    assert bucket.state == "aborted"


@pytest.mark.parametrize("wanted", ["json", "csv"])
def test_rows_are_written_before_the_next_page_is_read(wanted: Format):
    table = MadeUpTable(leads=2_000)
    written_rows = 0
    waiting: list[int] = []

    def tell(_: float) -> None:
        nonlocal written_rows
        written_rows += 1
        waiting.append(table.handed_out - written_rows)

    export(table, Nowhere(), wanted, tell)

    assert table.handed_out == 2_000
    assert max(waiting) <= 200


def test_ten_times_the_leads_take_no_more_memory():
    """100 000 are measured by dev/bench/export_memory.py."""
    assert traced_peak(2_000) <= 1.3 * traced_peak(200)


def test_twin_an_export_that_keeps_its_rows_is_caught():
    def kept(leads: int) -> int:
        import tracemalloc

        tracemalloc.start()
        table, after, found = MadeUpTable(leads), None, []
        from leadlayer.leads.store import LeadItem

        while True:
            page = table.query(LeadItem, "LEADS#s", limit=200, after=after)
            found += page.items
            after = page.next
            if after is None:
                break
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert kept(2_000) > 1.3 * kept(200)
