"""Tells customers' endpoints what happened: news from the table's stream, and what is due by
schedule."""

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol, cast

from leadlayer.accounts.store import AccountStore
from leadlayer.chat.store import ConversationStore
from leadlayer.core import log
from leadlayer.core.clock import Clock, utc_now
from leadlayer.core.ids import ulid
from leadlayer.core.outbound import Outbound
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table
from leadlayer.core.vault import Vault, kms_client
from leadlayer.handover import event_facts, lead_store
from leadlayer.notices.store import NoticeStore
from leadlayer.webhooks.delivery import Sender, announce, deliver
from leadlayer.webhooks.model import VAULT_KIND, Attempt, Delivery, Kind
from leadlayer.webhooks.store import DeliveryStore, WebhookStore

# They wait for endpoints, not for a processor.
_WORKERS = 8
_PAGE = 50
# A sweep begins nothing new after this; the rest is still due at the next.
_SWEEP_S = 100
# What one webhook may take of a sweep, and how long the rest of what it is to be told waits then:
# until the next sweep, behind whatever has been due since.
_SHARE_S = 20
_PUT_OFF = timedelta(minutes=3)
# The stream brings everybody's news one behind the other: so long may a first attempt take, and so
# long after a batch came another may begin. The schedule takes what is left.
_FIRST_S = 3
_BATCH_S = 20

Webhooks = Callable[[dict[str, Any], Any], dict[str, Any]]
Record = Mapping[str, Any]


class Post(Protocol):
    def __call__(
        self, url: str, body: bytes, headers: Mapping[str, str], *, within_s: float = ...
    ) -> int: ...


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    vault: Vault
    post: Post
    monotonic: Callable[[], float] = time.monotonic


def build(deps: Deps) -> Webhooks:
    deliveries = DeliveryStore(deps.table, clock=deps.clock)
    sender = _sender(deps, deliveries)
    first = replace(sender, post=partial(deps.post, within_s=_FIRST_S))

    def handle(event: dict[str, Any], _: Any) -> dict[str, Any]:
        if "Records" in event:
            return _from_stream(event["Records"], first)
        return _sweep(deliveries, sender)

    return handle


def _sender(deps: Deps, deliveries: DeliveryStore) -> Sender:
    accounts = AccountStore(deps.table)

    def is_active(account_id: str) -> bool:
        account = accounts.find(account_id)
        return account is not None and account.state == "active"

    return Sender(
        webhooks=WebhookStore(deps.table),
        deliveries=deliveries,
        facts=partial(
            event_facts,
            leads=lead_store(deps.table, clock=deps.clock),
            conversations=ConversationStore(deps.table, clock=deps.clock),
        ),
        is_active=is_active,
        open_secret=lambda sealed, account_id: deps.vault.open(
            sealed, account_id=account_id, kind=VAULT_KIND
        ),
        post=deps.post,
        notice=NoticeStore(deps.table, clock=deps.clock).adding,
        clock=deps.clock,
        new_id=lambda: ulid(deps.clock()),
        monotonic=deps.monotonic,
    )


def _from_stream(records: list[Record], sender: Sender) -> dict[str, Any]:
    """Reports failed records; the stream comes back with everything from the first of them on.
    An endpoint that does not answer is no failure here: its delivery is due again later."""
    work = partial(_is_done, sender=sender, ends=sender.monotonic() + _BATCH_S)
    with ThreadPoolExecutor(_WORKERS) as pool:
        is_done = list(pool.map(work, records))
    failures = [
        {"itemIdentifier": record["dynamodb"]["SequenceNumber"]}
        for record, done in zip(records, is_done, strict=True)
        if not done
    ]
    return {"batchItemFailures": failures}


def _is_done(record: Record, *, sender: Sender, ends: float) -> bool:
    try:
        _act_on(record, sender, ends)
    except Exception as error:  # noqa: BLE001  # whatever it was, its text may quote a lead
        log.failure("webhook_failed", error)
        return False
    return True


def _act_on(record: Record, sender: Sender, ends: float) -> None:
    """Only new rows are news: a lead that is edited was created before."""
    if record["eventName"] != "INSERT":
        return
    keys = record["dynamodb"]["Keys"]
    match (keys["pk"]["S"].split("#"), keys["sk"]["S"].split("#")):
        case ["LEADS", site_id], ["LEAD", lead_id]:
            announce("lead.created", site_id, lead_id, to=sender)
        case ["CONV", site_id, conversation_id], ["META"]:
            announce("conversation.started", site_id, conversation_id, to=sender)
        case ["DELIVERY", about_id], [webhook_id, kind] if sender.monotonic() < ends:
            # Only our own rows stand there, with our own kinds.
            known = cast("Kind", kind)
            _logged(deliver(about_id, webhook_id, known, by=sender, is_fresh=True))
        case _:
            return


@dataclass
class _Round:
    """One sweep. `spent` is what each webhook took of it, in seconds; `silent` are those that gave
    no answer. Only one line of work at a time is about a webhook."""

    deliveries: DeliveryStore
    sender: Sender
    ends: float
    spent: dict[str, float] = field(default_factory=dict[str, float])
    silent: set[str] = field(default_factory=set[str])

    @property
    def is_over(self) -> bool:
        return self.sender.monotonic() >= self.ends

    def work(self, due: list[Delivery]) -> int:
        """What is due for one webhook. Returns how many failed on our side."""
        failed = 0
        for delivery in due:
            if self.is_over:
                break
            try:
                self._deliver(delivery)
            except Exception as error:  # noqa: BLE001  # whatever it was, its text may quote a lead
                log.failure("webhook_failed", error)
                failed += 1
        return failed

    def _deliver(self, delivery: Delivery) -> None:
        webhook_id = delivery.webhook_id
        spent = self.spent.get(webhook_id, 0)
        if webhook_id in self.silent or spent >= _SHARE_S:
            # Not left where it is: it would stand before everybody else's at the next sweep too.
            self.deliveries.put_off(delivery, wait=_PUT_OFF)
            return
        started = self.sender.monotonic()
        try:
            attempt = deliver(delivery.about_id, webhook_id, delivery.kind, by=self.sender)
        finally:
            self.spent[webhook_id] = spent + self.sender.monotonic() - started
        _logged(attempt)
        if attempt is not None and attempt.status == 0:
            self.silent.add(webhook_id)


def _sweep(deliveries: DeliveryStore, sender: Sender) -> dict[str, Any]:
    """What is due, page by page; one line of work for each webhook, so that a slow endpoint holds
    up little but its own deliveries."""
    current = _Round(deliveries, sender, sender.monotonic() + _SWEEP_S)
    failed, after = 0, None
    with ThreadPoolExecutor(_WORKERS) as pool:
        while True:
            page, after = deliveries.due(limit=_PAGE, after=after)
            failed += sum(pool.map(current.work, _by_webhook(page)))
            if after is None or current.is_over:
                return {"failed": failed}


def _by_webhook(due: list[Delivery]) -> list[list[Delivery]]:
    """The longest overdue first within each: sorting is stable."""
    of_webhook = attrgetter("webhook_id")
    return [list(group) for _, group in groupby(sorted(due, key=of_webhook), key=of_webhook)]


def _logged(attempt: Attempt | None) -> None:
    if attempt is not None:
        log.event("webhook_attempted", code=attempt.outcome, delivery=attempt.delivery_id)


@cache
def wire() -> Webhooks:
    settings = Settings.from_env(os.environ)
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    vault = Vault(settings.credential_key, partial(kms_client, settings.region))
    post = Outbound(local=settings.is_local).post
    return build(Deps(settings, table, utc_now, vault, post))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
