"""`make bench`: builds the functions for this machine, measures, prints tables; see README.md."""

import argparse
import asyncio
import datetime as dt
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from dev.bench.aws_stub import AwsStub
from dev.bench.cold import measure_cold
from dev.bench.first_token import measure_first_token, measure_round_trips
from dev.bench.process import MeasurementError
from dev.bench.report import Table, machine
from dev.bench.subjects import (
    PARAMETERS,
    ROOT,
    Subject,
    build_artifacts,
    environment,
    site_item,
    subjects,
    trusting_layer,
)
from dev.bench.tls import HOST, make_authority
from dev.bench.warm import measure_warm
from dev.bench.widget import weigh_widget

PARTS = ("cold", "warm", "chat", "widget")


def main() -> int:
    options = _options()
    # Functions may write and read bytecode here as they do in a package.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    artifacts = options.artifacts or ROOT / ".local" / "bench"
    if options.artifacts is None:
        print("building the functions for this machine ...", flush=True)
        build_artifacts(artifacts)
    where = machine()
    print(f"\n{where}\n", flush=True)
    try:
        tables = asyncio.run(_measure(options, artifacts.resolve()))
    except MeasurementError as failure:
        print(failure, file=sys.stderr)
        return 1
    if options.save:
        _save(tables, where)
    return 0


async def _measure(options: argparse.Namespace, artifacts: Path) -> list[Table]:
    tables: list[Table] = []
    async for table in _tables(options, artifacts):
        print(table.markdown(), end="\n\n", flush=True)
        tables.append(table)
    return tables


async def _tables(options: argparse.Namespace, artifacts: Path) -> AsyncIterator[Table]:
    if {"cold", "warm", "chat"} & set(options.only):
        async for table in _processes(options, artifacts):
            yield table
    if "widget" in options.only:
        yield weigh_widget(artifacts / "web" / "widget.js")


async def _processes(options: argparse.Namespace, artifacts: Path) -> AsyncIterator[Table]:
    with tempfile.TemporaryDirectory(prefix="leadlayer-bench-") as folder:
        scratch = Path(folder)
        stub = AwsStub([site_item()], PARAMETERS)
        measured = await _subjects(stub, artifacts, scratch, plain=options.plain)
        try:
            if "cold" in options.only:
                yield await measure_cold(measured, rounds=options.rounds)
            if "warm" in options.only:
                bare, pixel = measured[:2]
                for table in await measure_warm(pixel, bare, stub, blocks=options.blocks):
                    yield table
            if "chat" in options.only:
                yield await measure_first_token(pairs=options.pairs)
                yield await measure_round_trips(measured[-1], stub, turns=options.turns)
        finally:
            stub.stop()
        if stub.unsigned:
            raise MeasurementError(f"{stub.unsigned} requests came without a signature")


async def _subjects(stub: AwsStub, artifacts: Path, scratch: Path, *, plain: bool) -> list[Subject]:
    if plain:
        url = f"http://{HOST}:{await stub.start(None)}"
        return list(subjects(artifacts, artifacts / "layer", environment(url, None), scratch))
    authority = make_authority(scratch)
    url = f"https://{HOST}:{await stub.start(authority.server)}"
    layer = trusting_layer(artifacts / "layer", authority.ca_file, scratch)
    return list(subjects(artifacts, layer, environment(url, authority.ca_file), scratch))


def _save(tables: list[Table], where: str) -> None:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    path = Path(__file__).parent / "results" / f"{today}.md"
    path.parent.mkdir(exist_ok=True)
    parts = [f"# Measured on {today}", where, *(table.markdown() for table in tables)]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"saved as {path.relative_to(ROOT)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    parser.add_argument("--rounds", type=int, default=11, help="cold starts of each function")
    parser.add_argument("--blocks", type=int, default=11, help="blocks of 50 warm views")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of answers for the chat")
    parser.add_argument("--turns", type=int, default=20, help="turns of the whole chat handler")
    parser.add_argument("--plain", action="store_true", help="plain HTTP to DynamoDB, not TLS")
    parser.add_argument("--artifacts", type=Path, help="folders already built; see README.md")
    parser.add_argument("--save", action="store_true", help="also write dev/bench/results/DATE.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
