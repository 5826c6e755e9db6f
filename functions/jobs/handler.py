"""Works through jobs: makes exports, deletes in bulk and what visitors deleted, from the queue, and
by schedule whatever was left behind."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,  # pyright: ignore[reportUnknownVariableType]  # partly untyped
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from leadlayer.core import log
from leadlayer.core.clients import s3_client, sqs_client
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.ids import ulid
from leadlayer.core.jobs import Job, JobQueue, job_of, left_behind
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, Write, open_table
from leadlayer.exports.archive import write_archive
from leadlayer.exports.files import ExportFiles
from leadlayer.exports.model import Export
from leadlayer.exports.service import Maker
from leadlayer.exports.store import ExportStore
from leadlayer.mail.store import mail_row
from leadlayer.notices.store import NoticeStore
from leadlayer.privacy.deletions import DeletionStore, finish_erasure, run_deletion
from leadlayer.privacy.erasure import Eraser, Target, open_eraser
from leadlayer.privacy.export import account_sheets
from leadlayer.privacy.ledger import Ledger

# What is older should be done by now: its message got lost, or its function crashed.
_LEFT_BEHIND = timedelta(minutes=15)
# The schedule sends them on rather than doing them: each gets an invocation's time of its own.
_SWEPT_AT_ONCE = 200
# A deletion gives way after this, well before Lambda ends it, and goes on with another message.
_DELETING_S = 600


class JobFailed(Exception):
    """The message comes back; the job's row says how often it was tried."""


Worker = Callable[[dict[str, Any], Any], dict[str, Any]]
Work = Callable[[Job], object]


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    ledger: Ledger
    files: ExportFiles
    jobs: JobQueue
    monotonic: Callable[[], float] = time.monotonic


def build(deps: Deps) -> Worker:
    eraser = open_eraser(deps.table, ledger=deps.ledger, files=deps.files, clock=deps.clock)
    kinds: Mapping[str, Work] = {
        "export": partial(_export, maker=_maker(deps)),
        "deletion": partial(_deletion, deps=deps, eraser=eraser),
        "erasure": partial(_erasure, deps=deps, eraser=eraser),
    }

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if "Records" in event:
            return _from_queue(event, context, kinds)
        return _sweep(deps)

    return handle


def _from_queue(event: dict[str, Any], context: Any, kinds: Mapping[str, Work]) -> dict[str, Any]:
    """Reports failed messages, which come back, and end in the dead letters after three times."""

    def work(record: SQSRecord) -> None:
        _work(record.body, kinds)

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, work, processor, context))


def _work(body: str, kinds: Mapping[str, Work]) -> None:
    try:
        job = job_of(body)
        kinds[job.kind](job)
    except Exception as error:  # noqa: BLE001  # whatever it was, its text may quote a lead
        log.failure("job_failed", error)
        raise JobFailed from None


def _sweep(deps: Deps) -> dict[str, Any]:
    """Sends again what nobody finished. A job that is being worked on takes no second worker."""
    now = deps.clock()
    found = left_behind(deps.table, before=now - _LEFT_BEHIND, now=now, limit=_SWEPT_AT_ONCE)
    for job in found:
        deps.jobs.send(job.kind, job.account_id, job.id, job.site_id)
    return {"sent": len(found)}


def _export(job: Job, *, maker: Maker) -> None:
    if maker.make(job.account_id, job.id):
        log.event("export_ready", job=job.id)


def _deletion(job: Job, *, deps: Deps, eraser: Eraser) -> None:
    ends = deps.monotonic() + _DELETING_S
    is_done = run_deletion(
        job.account_id,
        job.id,
        deletions=DeletionStore(deps.table, clock=deps.clock),
        eraser=eraser,
        time_left=lambda: ends - deps.monotonic(),
    )
    if not is_done:
        deps.jobs.send(job.kind, job.account_id, job.id)


def _erasure(job: Job, *, deps: Deps, eraser: Eraser) -> None:
    target = Target("conversation", job.site_id, job.id)
    if finish_erasure(job.account_id, target, table=deps.table, eraser=eraser):
        log.event("conversation_erased", site=job.site_id, conversation=job.id)


def _maker(deps: Deps) -> Maker:
    notices = NoticeStore(deps.table, clock=deps.clock)

    def fill(export: Export, file: Any, tell: Callable[[float], None]) -> None:
        sheets = account_sheets(export.account_id, table=deps.table, clock=deps.clock)
        write_archive(file, sheets, wanted=export.format, now=deps.clock(), tell=tell)

    def news(export: Export) -> Sequence[Write]:
        """A mail to whoever asked, and a notice to all: it is everything that they have."""
        mail = mail_row(
            "export_ready",
            id=export.id,
            now=deps.clock(),
            account_id=export.account_id,
            member_id=export.member_id,
        )
        return [mail, notices.adding(export.account_id, "export_ready")]

    store = ExportStore(deps.table, clock=deps.clock)
    return Maker(exports=store, files=deps.files, fill=fill, follows=news, monotonic=deps.monotonic)


@cache
def wire() -> Worker:
    settings = Settings.from_env(os.environ)
    region = settings.region
    files = ExportFiles(settings.export_bucket, lambda: s3_client(region))
    queue = JobQueue(settings.jobs_queue_url, lambda: sqs_client(region))
    table = open_table(settings.table_name, region=region, clock=utc_now)
    ledger = Ledger(
        settings.ledger_table_name, region=region, clock=utc_now, new_id=lambda: ulid(utc_now())
    )
    return build(Deps(settings, table, utc_now, ledger, files, queue))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
