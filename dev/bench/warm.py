"""(b) The CPU of a warm page view against a bare handler, and what a view asks of the table."""

from statistics import median

from dev.bench.aws_stub import AwsStub
from dev.bench.process import MeasuredProcess, MeasurementError
from dev.bench.report import Table, spread
from dev.bench.subjects import Subject

_BLOCK = 50


async def measure_warm(pixel: Subject, bare: Subject, stub: AwsStub, *, blocks: int) -> list[Table]:
    """Blocks of invocations of one function and the other in turn, both kept running."""
    processes = [MeasuredProcess(subject.function) for subject in (pixel, bare)]
    try:
        for process in processes:
            await process.start()
        first = await _calls(stub, processes[0], pixel)
        await _block(processes[0], pixel)
        await _block(processes[1], bare)
        calls, units = stub.calls.total(), stub.write_units
        own: list[float] = []
        floor: list[float] = []
        for _ in range(blocks):
            own.append(await _block(processes[0], pixel))
            floor.append(await _block(processes[1], bare))
        views = blocks * _BLOCK
        requests = (stub.calls.total() - calls) / views
        written = (stub.write_units - units) / views
    finally:
        for process in processes:
            await process.stop()
    ratios = [mine / least for mine, least in zip(own, floor, strict=True)]
    cpu = Table(
        f"Warm page view: CPU of one invocation, medians of {blocks} blocks of {_BLOCK}",
        ("function", "ms", "/ bare", "middle half"),
        [
            ("bare", f"{median(floor):.3f}", "1.00", ""),
            ("pixel", f"{median(own):.3f}", f"{median(ratios):.2f}", spread(ratios)),
        ],
    )
    table = Table(
        "What a page view asks of DynamoDB, counted at the stand-in",
        ("view", "requests", "write units"),
        [("first of a process", first, "1"), *_later(views, requests, written)],
    )
    return [cpu, table]


def _later(views: int, requests: float, written: float) -> list[tuple[str, ...]]:
    return [(f"each of {views} later ones", f"{requests:.3f}", f"{written:.3f}")]


async def _calls(stub: AwsStub, process: MeasuredProcess, subject: Subject) -> str:
    before = stub.calls.copy()
    units = stub.write_units
    await process.invoke(subject.event)
    if stub.write_units - units != 1:
        raise MeasurementError("a page view is not one write unit")
    return ", ".join(f"{count} {name}" for name, count in (stub.calls - before).items())


async def _block(process: MeasuredProcess, subject: Subject) -> float:
    """Milliseconds of CPU of one invocation."""
    total = 0
    for _ in range(_BLOCK):
        answered = await process.invoke(subject.event)
        if answered.status != 200:
            raise MeasurementError(f"{subject.name} answered {answered.status}")
        total += answered.cpu_ns
    return total / _BLOCK / 1e6
