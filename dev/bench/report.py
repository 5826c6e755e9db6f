"""Tables as Markdown, so that what is printed is also what is saved."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles


@dataclass(frozen=True)
class Table:
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join(
            [f"## {self.title}", "", *("| " + " | ".join(row) + " |" for row in lines)]
        )


def spread(values: Sequence[float]) -> str:
    """The middle half of the samples: how far to trust their median."""
    if len(values) < 2:
        return ""
    low, _, high = quantiles(values, n=4)
    return f"{low:.2f} to {high:.2f}"


def machine() -> str:
    """What the figures were taken on; absolute ones say nothing elsewhere."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    python = f"Python {platform.python_version()}"
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cpu = f"{len(models)} x {models[0]}" if models else platform.processor()
    load = f"load average {os.getloadavg()[0]:.1f} before"
    return f"{platform.machine()}, {cpu}, {platform.system()}, {python}, {load}"
