"""Tells a customer's endpoint what happened: at least once, and no more once it has said yes."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from leadlayer.core.clock import Clock, iso
from leadlayer.core.ids import NewId
from leadlayer.core.outbound import NotSent
from leadlayer.core.table import Write
from leadlayer.webhooks.model import Attempt, Delivery, Event, Facts, Kind, Webhook
from leadlayer.webhooks.signing import signed_headers

# After the first attempt, the second… The sixth is the last.
BACK_OFF = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
# Longer than a function may run: a worker that died during the last attempt is not overtaken.
_LAST_WAIT = timedelta(minutes=5)
_FAILING_AFTER = timedelta(days=3)
_GONE = 410
# After as many slow answers without a quick one, news wait for the schedule.
_SLOW_MS = 1500
_MOST_SLOW = 3


class Webhooks(Protocol):
    def find(self, account_id: str, webhook_id: str) -> Webhook | None: ...
    def of_account(self, account_id: str) -> list[Webhook]: ...
    def disable(self, webhook: Webhook, *, follows: Sequence[Write] = ()) -> bool: ...
    def mark_failing(self, webhook: Webhook, *, follows: Sequence[Write] = ()) -> bool: ...
    def mark_failed_since(self, webhook: Webhook, moment: datetime) -> None: ...
    def mark_working(self, webhook: Webhook) -> None: ...
    def count_slow(self, webhook: Webhook) -> None: ...
    def forget_slow(self, webhook: Webhook) -> None: ...


class Deliveries(Protocol):
    def find(self, about_id: str, webhook_id: str, kind: Kind) -> Delivery | None: ...
    def add(self, delivery: Delivery) -> bool: ...
    def take(self, delivery: Delivery, *, wait: timedelta) -> bool: ...
    def settle(self, delivery: Delivery, state: str) -> None: ...
    def drop(self, delivery: Delivery) -> None: ...
    def log(self, attempt: Attempt) -> None: ...


class Post(Protocol):
    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The answer's status. Raises NotSent."""
        ...


@dataclass(frozen=True)
class Sender:
    """What delivering works with. `facts` reads what is to be told, or None when it is gone;
    `is_active` says whether an account may be told anything; `notice` is the write that tells its
    people."""

    webhooks: Webhooks
    deliveries: Deliveries
    facts: Callable[[Kind, str, str], Facts | None]
    is_active: Callable[[str], bool]
    open_secret: Callable[[str, str], str]
    post: Post
    notice: Callable[[str, str], Write]
    clock: Clock
    new_id: NewId
    monotonic: Callable[[], float] = time.monotonic


def announce(kind: Event, site_id: str, about_id: str, *, to: Sender) -> int:
    """Writes a delivery for each webhook that hears of this; returns how many are new. Repeating it
    adds nothing."""
    facts = to.facts(kind, site_id, about_id)
    if facts is None or not to.is_active(facts.account_id):
        return 0
    now = iso(to.clock())
    return sum(
        to.deliveries.add(
            Delivery(about_id, webhook.id, kind, facts.account_id, site_id, created_at=now)
        )
        for webhook in to.webhooks.of_account(facts.account_id)
        if webhook.hears(kind)
    )


def deliver(
    about_id: str, webhook_id: str, kind: Kind, *, by: Sender, is_fresh: bool = False
) -> Attempt | None:
    """Makes the attempt that is due, if one is. `is_fresh`: the delivery was written just now.

    Whatever stops it after the attempt is counted, the delivery comes up again when it is due.
    """
    delivery = by.deliveries.find(about_id, webhook_id, kind)
    if delivery is None or delivery.state != "pending" or _is_early(delivery, by.clock()):
        return None
    webhook = by.webhooks.find(delivery.account_id, webhook_id)
    if webhook is None or webhook.secret is None or not by.is_active(delivery.account_id):
        by.deliveries.drop(delivery)
        return None
    if is_fresh and kind != "test" and _is_in_trouble(webhook):
        # It is the schedule's: here it would hold up other customers' news.
        return None
    if _is_over(delivery, webhook):
        by.deliveries.settle(delivery, "failed")
        return None
    if not by.deliveries.take(delivery, wait=_wait(delivery)):
        return None
    return _attempt(delivery, webhook, by)


def _attempt(delivery: Delivery, webhook: Webhook, by: Sender) -> Attempt | None:
    # Read only now: what was deleted since the event is told to nobody.
    facts = _live_facts(delivery, by)
    if facts is None:
        by.deliveries.drop(delivery)
        return None
    body = _body(delivery, facts)
    now = by.clock()
    headers = {"Content-Type": "application/json"} | signed_headers(
        delivery.id, body, secrets=_secrets(webhook, by, now), now=now
    )
    started = by.monotonic()
    status, outcome = _post(webhook.url, body, headers, by.post)
    attempt = Attempt(
        id=by.new_id(),
        webhook_id=webhook.id,
        delivery_id=delivery.id,
        kind=delivery.kind,
        at=iso(now),
        status=status,
        took_ms=round((by.monotonic() - started) * 1000),
        outcome=outcome,
    )
    try:
        _conclude(delivery, webhook, attempt, by)
    finally:
        by.deliveries.log(attempt)
    return attempt


def _conclude(delivery: Delivery, webhook: Webhook, attempt: Attempt, by: Sender) -> None:
    if attempt.outcome == "delivered":
        by.deliveries.settle(delivery, "delivered")
        if webhook.failing_since is not None:
            by.webhooks.mark_working(webhook)
        _time(webhook, attempt, by)
        return
    if delivery.kind != "test":
        # First: if it fails, the delivery comes up again and it is done then.
        _hold_against(webhook, attempt, by)
    is_last = delivery.kind == "test" or delivery.attempts >= len(BACK_OFF)
    if is_last or attempt.status == _GONE:
        by.deliveries.settle(delivery, "failed")


def _time(webhook: Webhook, attempt: Attempt, by: Sender) -> None:
    is_slow = attempt.took_ms >= _SLOW_MS
    if is_slow and webhook.slow < _MOST_SLOW:
        by.webhooks.count_slow(webhook)
    elif webhook.slow and not is_slow:
        by.webhooks.forget_slow(webhook)


def _hold_against(webhook: Webhook, attempt: Attempt, by: Sender) -> None:
    """What a failure means for the webhook. Tests are for trying, and count for nothing."""
    now = by.clock()
    if attempt.status == _GONE:
        # The endpoint itself says that it is gone for good (RFC 9110, 15.5.11).
        notice = by.notice(webhook.account_id, "webhook_disabled")
        by.webhooks.disable(webhook, follows=[notice])
    elif webhook.failing_since is None:
        by.webhooks.mark_failed_since(webhook, now)
    elif webhook.state == "enabled" and _is_long_ago(webhook.failing_since, now):
        notice = by.notice(webhook.account_id, "webhook_failing")
        by.webhooks.mark_failing(webhook, follows=[notice])


def _is_long_ago(moment: str, now: datetime) -> bool:
    return now - datetime.fromisoformat(moment) >= _FAILING_AFTER


def _is_in_trouble(webhook: Webhook) -> bool:
    return webhook.failing_since is not None or webhook.slow >= _MOST_SLOW


def _post(url: str, body: bytes, headers: Mapping[str, str], post: Post) -> tuple[int, str]:
    try:
        status = post(url, body, headers)
    except NotSent as error:
        return 0, error.code
    return status, "delivered" if 200 <= status < 300 else "rejected"


def _live_facts(delivery: Delivery, by: Sender) -> Facts | None:
    if delivery.kind == "test":
        return Facts(delivery.account_id, {})
    return by.facts(delivery.kind, delivery.site_id, delivery.about_id)


def _body(delivery: Delivery, facts: Facts) -> bytes:
    document = {"type": delivery.kind, "timestamp": delivery.created_at, "data": facts.data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _secrets(webhook: Webhook, by: Sender, now: datetime) -> list[str]:
    before = [each.secret for each in webhook.previous if now.timestamp() < each.until]
    sealed = [webhook.secret, *reversed(before)]
    return [by.open_secret(text, webhook.account_id) for text in sealed if text is not None]


def _is_early(delivery: Delivery, now: datetime) -> bool:
    return delivery.due_at is not None and delivery.due_at > iso(now)


def _is_over(delivery: Delivery, webhook: Webhook) -> bool:
    """Disabled since, or its last attempt ended without a word."""
    if delivery.kind == "test":
        return delivery.attempts > 0
    return webhook.state == "disabled" or delivery.attempts > len(BACK_OFF)


def _wait(delivery: Delivery) -> timedelta:
    waits = (*BACK_OFF, _LAST_WAIT)
    return waits[delivery.attempts]
