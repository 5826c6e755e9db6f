"""(a) The CPU of starting each function and of its first invocation, against a bare handler."""

import random
from collections.abc import Sequence
from statistics import median

from dev.bench.process import MeasuredProcess, MeasurementError
from dev.bench.report import Table, spread
from dev.bench.subjects import Subject


async def measure_cold(subjects: Sequence[Subject], *, rounds: int) -> Table:
    """Each round starts every function once, in another order: drift hits all of them alike."""
    samples: dict[str, list[tuple[int, int]]] = {subject.name: [] for subject in subjects}
    for subject in subjects:
        await _once(subject)  # fills the page cache; not counted
    for _ in range(rounds):
        for subject in random.sample(subjects, len(subjects)):
            samples[subject.name].append(await _once(subject))
    bare = samples[subjects[0].name]
    return Table(
        "Cold start: CPU until the first wait, and of the first invocation",
        ("function", "init ms", "first ms", "init / bare", "init+first / bare", "middle half"),
        [_row(name, values, bare) for name, values in samples.items()],
    )


async def _once(subject: Subject) -> tuple[int, int]:
    process = MeasuredProcess(subject.function)
    try:
        init_ns = await process.start()
        answered = await process.invoke(subject.event)
    finally:
        await process.stop()
    if subject.status is not None and answered.status != subject.status:
        raise MeasurementError(f"{subject.name} answered {answered.status}")
    return init_ns, answered.cpu_ns


def _row(name: str, values: list[tuple[int, int]], bare: list[tuple[int, int]]) -> tuple[str, ...]:
    init = [own[0] / floor[0] for own, floor in zip(values, bare, strict=True)]
    both = [sum(own) / sum(floor) for own, floor in zip(values, bare, strict=True)]
    return (
        name,
        f"{median(value[0] for value in values) / 1e6:.1f}",
        f"{median(value[1] for value in values) / 1e6:.2f}",
        f"{median(init):.2f}",
        f"{median(both):.2f}",
        spread(both),
    )
