"""The queue's messages as the background gets them, over the world's table."""

from collections.abc import Sequence
from typing import Any

from functions.jobs import handler as jobs
from leadlayer.core.table import Table
from tests.console_calls import FilesInMemory, RecordedLedger, SentJobs
from tests.integration.export_calls import delivery
from tests.world import Context, World, load_event


class Background:
    """Who works through what was sent, with files in memory."""

    def __init__(
        self, world: World, queue: SentJobs, files: FilesInMemory, table: Table | None = None
    ) -> None:
        self.queue = queue
        self.ledger = RecordedLedger()
        self.work = jobs.build(
            jobs.Deps(world.settings, table or world.table, world.clock, self.ledger, files, queue)
        )

    def deliver(self, message: Sequence[str]) -> bool:
        """Whether the message is done with; otherwise it comes back."""
        names = ("kind", "account", "job", "site")
        body = dict(zip(names, message, strict=False))
        return self.work(delivery(body), Context()) == {"batchItemFailures": []}

    def sweep(self) -> dict[str, Any]:
        return self.work(load_event("jobs.schedule"), Context())


def work_off(world: World, queue: SentJobs, files: FilesInMemory | None = None) -> None:
    """Every message that was sent, once."""
    background = Background(world, queue, files or FilesInMemory())
    waiting, queue.sent = queue.sent, []
    for message in waiting:
        assert background.deliver(message)
