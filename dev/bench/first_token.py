"""(c) What the chat adds to the time to the first token, over the SDK called directly."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from statistics import median, quantiles

from dev.bench.aws_stub import AwsStub
from dev.bench.model_stub import FIRST_TOKEN_S, ModelStub
from dev.bench.process import MeasuredProcess, MeasurementError
from dev.bench.report import Table
from dev.bench.subjects import ROOT, Subject, question


async def measure_round_trips(chat: Subject, aws: AwsStub, *, turns: int) -> Table:
    """What the generator's figure leaves out: the whole handler, with its calls to DynamoDB."""
    stub = ModelStub()
    environment = {**chat.function.environment, "ANTHROPIC_BASE_URL": await stub.start()}
    process = MeasuredProcess(replace(chat.function, environment=environment))
    try:
        await process.start()
        first = await _turn(process, aws)
        later = [await _turn(process, aws) for _ in range(turns)]
    finally:
        await process.stop()
        stub.stop()
    gap = FIRST_TOKEN_S * 1e3
    return Table(
        f"Whole chat handler under the runtime client, DynamoDB at a stand-in ({gap:.0f} ms in it)",
        ("turn", "ms to first delta", "AWS calls before it", "AWS calls in all"),
        [
            ("first of a process", f"{first.milliseconds:.1f}", first.before, first.total),
            (
                f"median of {turns} later ones",
                f"{median(turn.milliseconds for turn in later):.1f}",
                later[-1].before,
                later[-1].total,
            ),
        ],
    )


@dataclass(frozen=True)
class _Turn:
    milliseconds: float
    before: str
    total: str


async def _turn(process: MeasuredProcess, aws: AwsStub) -> _Turn:
    calls = aws.calls.copy()
    started = time.perf_counter()
    seconds, before, body = 0.0, "", b""
    async for piece in process.pieces(question()):
        body += piece
        if not seconds and b"event: delta" in body:
            seconds, before = time.perf_counter() - started, _named(aws.calls - calls)
    if not body.endswith(b"event: done\ndata: {}\n\n"):
        raise MeasurementError("the chat did not answer to the end")
    return _Turn(seconds * 1e3, before, _named(aws.calls - calls))


def _named(calls: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in calls.items())


async def measure_first_token(*, pairs: int) -> Table:
    stub = ModelStub()
    url = await stub.start()
    try:
        samples = await _probe(url, pairs)
    finally:
        stub.stop()
    gap = FIRST_TOKEN_S * 1e3
    return Table(
        f"Time to first token, ms, {pairs} pairs in turn (the stand-in itself waits {gap:.0f} ms)",
        ("", "median", "p95", "median of CPU"),
        [
            _row("SDK alone", [alone for alone, _ in samples]),
            _row("chat, to its first SSE delta", [chat for _, chat in samples]),
            _row("added by the chat", [_added(alone, chat) for alone, chat in samples]),
        ],
    )


# Seconds waited, seconds of CPU.
type _Cost = tuple[float, float]


def _added(alone: _Cost, chat: _Cost) -> _Cost:
    return chat[0] - alone[0], chat[1] - alone[1]


def _row(name: str, costs: list[_Cost]) -> tuple[str, ...]:
    waited, cpu = ([cost[part] * 1e3 for cost in costs] for part in (0, 1))
    return name, f"{median(waited):.2f}", f"{_p95(waited):.2f}", f"{median(cpu):.2f}"


async def _probe(url: str, pairs: int) -> list[tuple[_Cost, _Cost]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "layers" / "shared")}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dev.bench.first_token_probe",
        url,
        str(pairs),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    if child.returncode:
        raise MeasurementError("the probe of the first token failed")
    # The chat logs its own lines on the way; the samples are the last.
    return json.loads(output.splitlines()[-1])


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
