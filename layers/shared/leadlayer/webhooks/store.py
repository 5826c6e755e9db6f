"""Webhooks beside their account, deliveries by what they are about, and a log of each attempt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.clock import Clock, iso
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Delete, Item, Page, Put, Table, Update, Write
from leadlayer.webhooks.model import Attempt, Delivery, Kind, Previous, Webhook

_DUE = "DUE"
_WEBHOOKS = keys.webhook("")


class WebhookItem(Item):
    KIND = "webhook"
    url = UnicodeAttribute()
    events = JSONAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    secret = UnicodeAttribute(null=True)
    # Each with the second until which it signs.
    previous = JSONAttribute(null=True)
    failing_since = UnicodeAttribute(null=True)
    slow = NumberAttribute(null=True)


class DeliveryItem(Item):
    """Pending while it stands in the index, under the time of its next attempt."""

    KIND = "delivery"
    kind = UnicodeAttribute()
    account_id = UnicodeAttribute()
    site_id = UnicodeAttribute()
    created_at = UnicodeAttribute()
    state = UnicodeAttribute()
    attempts = NumberAttribute()


class AttemptItem(Item):
    KIND = "delivery_attempt"
    delivery_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    at = UnicodeAttribute()
    status = NumberAttribute()
    took_ms = NumberAttribute()
    outcome = UnicodeAttribute()


class WebhookStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, account_id: str, webhook_id: str) -> Webhook | None:
        pk, sk = keys.account(account_id), keys.webhook(webhook_id)
        item = self._table.find(WebhookItem, pk, sk)
        return None if item is None else _webhook(item)

    def of_account(self, account_id: str) -> list[Webhook]:
        page = self._table.query(WebhookItem, keys.account(account_id), prefix=_WEBHOOKS)
        return [_webhook(item) for item in page.items]

    def add(self, webhook: Webhook, *, follows: Sequence[Write] = ()) -> None:
        item = _key(webhook)
        item.url = webhook.url
        item.events = list(webhook.events)
        item.state = webhook.state
        item.created_at = webhook.created_at
        if webhook.secret is not None:
            item.secret = webhook.secret
        self._table.transact([Put(item, only_new=True), *follows])

    def change(self, before: Webhook, after: Webhook) -> bool:
        """Stores what the customer decided, and only that: meanwhile the endpoint may have said
        that it is gone. False when the webhook is."""
        decided: tuple[tuple[Any, Any, Any], ...] = (
            (WebhookItem.url, before.url, after.url),
            (WebhookItem.events, list(before.events), list(after.events)),
            (WebhookItem.state, before.state, after.state),
            (WebhookItem.failing_since, before.failing_since, after.failing_since),
        )
        actions = [_set_or_remove(name, new) for name, old, new in decided if new != old]
        return not actions or self._update(after, actions)

    def change_secrets(
        self, before: Webhook, after: Webhook, *, follows: Sequence[Write] = ()
    ) -> bool:
        """False when the secret is no longer the one before, or the webhook is gone. Raises
        ConditionFailed when it is one of `follows` that could not be written."""
        secret = WebhookItem.secret
        is_same = secret.does_not_exist() if before.secret is None else secret == before.secret
        previous = [[each.secret, each.until] for each in after.previous]
        actions = [
            _set_or_remove(secret, after.secret),
            _set_or_remove(WebhookItem.previous, previous or None),
        ]
        return self._update(after, actions, is_same, follows)

    def shut(self, webhook: Webhook) -> bool:
        """Disables it and destroys its secrets."""
        actions = [
            WebhookItem.state.set("disabled"),
            WebhookItem.secret.remove(),
            WebhookItem.previous.remove(),
        ]
        return self._update(webhook, actions)

    def disable(self, webhook: Webhook, *, follows: Sequence[Write] = ()) -> bool:
        """Together with `follows`. False when somebody did so before, or it is gone."""
        state = WebhookItem.state
        return self._update(webhook, [state.set("disabled")], state != "disabled", follows)

    def mark_failing(self, webhook: Webhook, *, follows: Sequence[Write] = ()) -> bool:
        """Together with `follows`. False when it is no longer enabled: it was noticed before, or
        the customer acted."""
        state = WebhookItem.state
        return self._update(webhook, [state.set("failing")], state == "enabled", follows)

    def mark_failed_since(self, webhook: Webhook, moment: datetime) -> None:
        since = WebhookItem.failing_since
        self._update(webhook, [since.set(iso(moment))], since.does_not_exist())

    def mark_working(self, webhook: Webhook) -> None:
        """Not over a decision of the customer: a disabled one stays disabled."""
        actions = [WebhookItem.state.set("enabled"), WebhookItem.failing_since.remove()]
        self._update(webhook, actions, WebhookItem.state != "disabled")

    def count_slow(self, webhook: Webhook) -> None:
        self._update(webhook, [WebhookItem.slow.add(1)])

    def forget_slow(self, webhook: Webhook) -> None:
        self._update(webhook, [WebhookItem.slow.remove()])

    def delete(self, account_id: str, webhook_id: str) -> None:
        self._table.write(Delete(WebhookItem(keys.account(account_id), keys.webhook(webhook_id))))

    def _update(
        self,
        webhook: Webhook,
        actions: Sequence[Any],
        condition: Any = None,
        follows: Sequence[Write] = (),
    ) -> bool:
        update = Update(_key(webhook), actions, condition)
        if not follows:
            return _done(self._table, update)
        try:
            self._table.transact([update, *follows])
        except ConditionFailed as error:
            if 0 not in error.positions:
                raise
            return False
        return True


class DeliveryStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, about_id: str, webhook_id: str, kind: Kind) -> Delivery | None:
        item = self._table.find(DeliveryItem, keys.deliveries(about_id), _sort(webhook_id, kind))
        return None if item is None else _delivery(item)

    def add(self, delivery: Delivery) -> bool:
        """Due at once; False when this event is already on its way to this webhook, or was."""
        now = self._clock()
        item = _row(delivery)
        item.gsi1pk, item.gsi1sk = _DUE, iso(now)
        item.kind = delivery.kind
        item.account_id = delivery.account_id
        item.site_id = delivery.site_id
        item.created_at = delivery.created_at
        item.state = "pending"
        item.attempts = 0
        item.expires_at = retention("delivery").expiry(now)
        return _done(self._table, Put(item, only_new=True))

    def take(self, delivery: Delivery, *, wait: timedelta) -> bool:
        """Counts an attempt before it is made and puts off the next one; False when another worker
        has taken it, or it is gone. So nobody else tries meanwhile, and if this worker dies the
        delivery comes up again by itself."""
        counted = DeliveryItem.attempts == delivery.attempts
        is_mine = counted & (DeliveryItem.state == "pending")
        actions = [
            DeliveryItem.attempts.set(delivery.attempts + 1),
            DeliveryItem.gsi1sk.set(iso(self._clock() + wait)),
        ]
        return _done(self._table, Update(_row(delivery), actions, is_mine))

    def put_off(self, delivery: Delivery, *, wait: timedelta) -> None:
        """Makes it due later without an attempt, unless something else became of it meanwhile."""
        is_same = (DeliveryItem.state == "pending") & (DeliveryItem.gsi1sk == delivery.due_at)
        later = DeliveryItem.gsi1sk.set(iso(self._clock() + wait))
        _done(self._table, Update(_row(delivery), [later], is_same))

    def settle(self, delivery: Delivery, state: str) -> None:
        """Delivered or failed for good. A row erased meanwhile does not come back."""
        actions = [
            DeliveryItem.state.set(state),
            DeliveryItem.gsi1pk.remove(),
            DeliveryItem.gsi1sk.remove(),
        ]
        _done(self._table, Update(_row(delivery), actions))

    def retry(self, delivery: Delivery) -> bool:
        """Makes a failed delivery due now, with all its attempts again; False unless it failed."""
        actions = [
            DeliveryItem.state.set("pending"),
            DeliveryItem.attempts.set(0),
            DeliveryItem.gsi1pk.set(_DUE),
            DeliveryItem.gsi1sk.set(iso(self._clock())),
        ]
        return _done(self._table, Update(_row(delivery), actions, DeliveryItem.state == "failed"))

    def drop(self, delivery: Delivery) -> None:
        self._table.write(Delete(_row(delivery)))

    def due(self, *, limit: int, after: Any = None) -> tuple[list[Delivery], Any]:
        """The longest overdue first, and where to go on. Eventually consistent, which is why
        `take` decides again."""
        page: Page[DeliveryItem] = self._table.query_index(
            DeliveryItem, _DUE, between=("0", iso(self._clock())), limit=limit, after=after
        )
        return [_delivery(item) for item in page.items], page.next

    def deliveries_of(self, about_id: str) -> list[Item]:
        """The rows to delete when a lead or conversation is erased."""
        return list(self._table.query(DeliveryItem, keys.deliveries(about_id), expired=True).items)

    def log(self, attempt: Attempt) -> None:
        item = AttemptItem(
            keys.delivery_log(attempt.webhook_id),
            attempt.id,
            delivery_id=attempt.delivery_id,
            kind=attempt.kind,
            at=attempt.at,
            status=attempt.status,
            took_ms=attempt.took_ms,
            outcome=attempt.outcome,
            expires_at=retention("delivery").expiry(self._clock()),
        )
        self._table.write(Put(item))

    def attempts(
        self, webhook_id: str, *, limit: int, after: Any = None
    ) -> tuple[list[Attempt], Any]:
        """The newest first, and where to go on."""
        page = self._table.query(
            AttemptItem,
            keys.delivery_log(webhook_id),
            newest_first=True,
            limit=limit,
            after=after,
        )
        return [_attempt(item) for item in page.items], page.next


def _done(table: Table, write: Put | Update) -> bool:
    try:
        table.write(write)
    except ConditionFailed:
        return False
    return True


def _set_or_remove(attribute: Any, value: Any) -> Any:
    return attribute.remove() if value is None else attribute.set(value)


def _sort(webhook_id: str, kind: Kind) -> str:
    return f"{webhook_id}#{kind}"


def _key(webhook: Webhook) -> WebhookItem:
    return WebhookItem(keys.account(webhook.account_id), keys.webhook(webhook.id))


def _row(delivery: Delivery) -> DeliveryItem:
    return DeliveryItem(
        keys.deliveries(delivery.about_id), _sort(delivery.webhook_id, delivery.kind)
    )


def _webhook(item: WebhookItem) -> Webhook:
    return Webhook(
        id=item.sk.removeprefix(_WEBHOOKS),
        account_id=item.pk.removeprefix(keys.account("")),
        url=item.url,
        events=tuple(item.events),
        created_at=item.created_at,
        secret=item.secret,
        state=item.state,  # pyright: ignore[reportArgumentType]  # checked when it was written
        previous=tuple(Previous(secret, until) for secret, until in item.previous or ()),
        failing_since=item.failing_since,
        slow=int(item.slow or 0),
    )


def _delivery(item: DeliveryItem) -> Delivery:
    return Delivery(
        about_id=item.pk.removeprefix(keys.deliveries("")),
        webhook_id=item.sk.partition("#")[0],
        kind=item.kind,  # pyright: ignore[reportArgumentType]  # checked when it was written
        account_id=item.account_id,
        site_id=item.site_id,
        created_at=item.created_at,
        state=item.state,  # pyright: ignore[reportArgumentType]  # checked when it was written
        attempts=int(item.attempts),
        due_at=item.gsi1sk,
    )


def _attempt(item: AttemptItem) -> Attempt:
    return Attempt(
        id=item.sk,
        webhook_id=item.pk.removeprefix(keys.delivery_log("")),
        delivery_id=item.delivery_id,
        kind=item.kind,  # pyright: ignore[reportArgumentType]  # checked when it was written
        at=item.at,
        status=int(item.status),
        took_ms=int(item.took_ms),
        outcome=item.outcome,
    )
