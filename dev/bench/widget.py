"""(d) How much the one script weighs that a customer's page loads."""

import gzip
from pathlib import Path

from dev.bench.report import Table


def weigh_widget(script: Path) -> Table:
    raw = script.read_bytes()
    packed = gzip.compress(raw, compresslevel=9, mtime=0)
    return Table(
        "Widget",
        ("file", "bytes", "gzip -9"),
        [(script.name, f"{len(raw):,}", f"{len(packed):,}")],
    )
