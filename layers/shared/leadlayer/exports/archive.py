"""An export as one zip of tables, written row by row: JSON for programs, CSV for spreadsheets."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from typing import Any, TextIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from leadlayer.exports.model import Format

Row = Mapping[str, Any]
# A cell that begins so is a formula to a spreadsheet, and what visitors typed is in these cells
# (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Sheet:
    """A table: its rows, each with how far into the table it is (0 to 1). `parts` names a column
    that holds rows of its own: nested in JSON; in CSV a line each, beside the outer row's cells."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Row, float]]
    parts: str = ""
    part_columns: tuple[str, ...] = ()
    # A table of one row, which is a JSON document rather than a line.
    is_single: bool = False


def write_archive(
    file: Any,
    sheets: Sequence[Sheet],
    *,
    wanted: Format,
    now: datetime,
    tell: Callable[[float], None],
) -> None:
    """`file` is only ever written to. `tell` hears after each row how far this is, in percent."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for number, sheet in enumerate(sheets):

            def told(share: float, done: int = number) -> None:
                tell(100 * (done + share) / len(sheets))

            entry = ZipInfo(_file_name(sheet, wanted), now.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            # Its size is not known before its end, and may be over 2 GiB.
            with archive.open(entry, "w", force_zip64=True) as raw:
                # The mark at the beginning is how Excel knows that it is UTF-8.
                encoding = "utf-8-sig" if wanted == "csv" else "utf-8"
                with TextIOWrapper(raw, encoding, newline="") as text:
                    _WRITERS[wanted](sheet, text, told)
            told(1)


def _file_name(sheet: Sheet, wanted: Format) -> str:
    if wanted == "csv":
        return f"{sheet.name}.csv"
    return f"{sheet.name}.json" if sheet.is_single else f"{sheet.name}.jsonl"


def _write_json(sheet: Sheet, text: TextIO, told: Callable[[float], None]) -> None:
    for row, share in sheet.rows:
        text.write(json.dumps(row, ensure_ascii=False) + "\n")
        told(share)


def _write_csv(sheet: Sheet, text: TextIO, told: Callable[[float], None]) -> None:
    writer = csv.writer(text)
    part_names = [f"{sheet.parts.removesuffix('s')}_{name}" for name in sheet.part_columns]
    writer.writerow([*sheet.columns, *part_names])
    for row, share in sheet.rows:
        for part in _parts(row, sheet):
            cells = [row.get(name) for name in sheet.columns]
            cells += [part.get(name) for name in sheet.part_columns]
            writer.writerow([_cell(value) for value in cells])
        told(share)


def _parts(row: Row, sheet: Sheet) -> Iterator[Row]:
    yield from (row.get(sheet.parts) or [{}]) if sheet.parts else [{}]


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return "'" + value if value.startswith(_FORMULA) else value
        case bool() | int() | float():
            return json.dumps(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


_WRITERS: Mapping[Format, Callable[[Sheet, TextIO, Callable[[float], None]], None]] = {
    "json": _write_json,
    "csv": _write_csv,
}
