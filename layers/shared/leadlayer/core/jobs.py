"""Work that is done after the answer: a message names a job by ids and holds nothing else. A job's
own row stands in the index while there is something left to do, in case a message gets lost."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.core import keys, log
from leadlayer.core.clock import epoch
from leadlayer.core.ids import ulid
from leadlayer.core.table import Item, Table

# The index key under which a job's row is listed, by its id.
PENDING = "JOBS"


@dataclass(frozen=True)
class Job:
    """`site_id` is for what is done about a conversation, whose key begins with its site."""

    kind: str
    account_id: str
    id: str
    site_id: str = ""


class JobItem(Item):
    """Any job's row. `lease_until`: somebody works on it until then, unless they crashed."""

    lease_until = NumberAttribute(null=True)
    # Where the key does not say it.
    account_id = UnicodeAttribute(null=True)


class JobQueue:
    def __init__(self, queue_url: str, client: Callable[[], Any]) -> None:
        """`client` makes an SQS client; it is asked once, at the first message."""
        self._queue_url = queue_url
        self._make_client = client

    def send(self, kind: str, account_id: str, job_id: str, site_id: str = "") -> None:
        job = {"kind": kind, "account": account_id, "job": job_id}
        body = json.dumps(job | {"site": site_id} if site_id else job)
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    @cached_property
    def _client(self) -> Any:
        return self._make_client()


class Sender(Protocol):
    def send(self, kind: str, account_id: str, job_id: str, site_id: str = "") -> None: ...


def send_or_leave(jobs: Sender, job: Job) -> None:
    """For whoever has just written the job's row: it counts, the message only makes it quick. One
    that cannot be sent is left to the schedule, which finds the row."""
    try:
        jobs.send(job.kind, job.account_id, job.id, job.site_id)
    except Exception as error:  # noqa: BLE001  # the job is accepted all the same
        log.failure("job_not_sent", error, job=job.id)


def job_of(body: str) -> Job:
    """The job that a message names. Raises ValueError for anything else."""
    document = json.loads(body)
    match document:
        case {"kind": str(kind), "account": str(account_id), "job": str(job_id)}:
            ids = [account_id, job_id, *([document["site"]] if "site" in document else [])]
        case _:
            message = "not a job"
            raise ValueError(message)
    if not all(isinstance(each, str) and keys.is_id(each) for each in ids):
        message = "not a job's ids"
        raise ValueError(message)
    return Job(kind, *ids)


def left_behind(table: Table, *, before: datetime, now: datetime, limit: int) -> list[Job]:
    """Jobs from before that moment that are not done and that nobody works on, the oldest first. Of
    the index: whoever takes one up has to look whether it still is."""
    between = ("0", ulid(before))
    page = table.query_index(JobItem, PENDING, between=between, limit=limit)
    return [_job_of_row(item) for item in page.items if int(item.lease_until or 0) <= epoch(now)]


def _job_of_row(item: JobItem) -> Job:
    """The row's key says what it is: EXPORT#… beside its account is the job `export`. One beside a
    conversation names its site there, and its account as an attribute."""
    kind, _, job_id = item.sk.partition("#")
    if item.account_id is None:  # pyright: ignore[reportUnnecessaryComparison]  # pynamodb types nullable attributes as always set
        return Job(kind.lower(), item.pk.removeprefix(keys.account("")), job_id)
    _, site_id, _ = item.pk.split("#")
    return Job(kind.lower(), item.account_id, job_id, site_id)
