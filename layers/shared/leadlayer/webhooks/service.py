"""What a customer may decide about webhooks: where to, what, whether, and a new secret."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch, iso
from leadlayer.core.errors import Problem, limit_reached, not_found, unavailable
from leadlayer.core.ids import NewId
from leadlayer.core.table import Write
from leadlayer.webhooks.model import Delivery, Event, Kind, Previous, Webhook, delivery_of
from leadlayer.webhooks.signing import new_secret

MOST_WEBHOOKS = 10
# Each secret that still signs is a signature in every request.
MOST_PREVIOUS = 3
_OVERLAP = timedelta(hours=24)
_TRIES = 5


class Webhooks(Protocol):
    def find(self, account_id: str, webhook_id: str) -> Webhook | None: ...
    def of_account(self, account_id: str) -> list[Webhook]: ...
    def add(self, webhook: Webhook, *, follows: Sequence[Write] = ()) -> None: ...
    def change(self, before: Webhook, after: Webhook) -> bool: ...
    def change_secrets(
        self, before: Webhook, after: Webhook, *, follows: Sequence[Write] = ()
    ) -> bool: ...
    def shut(self, webhook: Webhook) -> bool: ...


class Deliveries(Protocol):
    def find(self, about_id: str, webhook_id: str, kind: Kind) -> Delivery | None: ...
    def add(self, delivery: Delivery) -> bool: ...
    def retry(self, delivery: Delivery) -> bool: ...


# Hides a text for an account; nothing here can read one again.
Seal = Callable[[str, str], str]


def create(
    account_id: str,
    url: str,
    events: Sequence[Event],
    *,
    webhooks: Webhooks,
    seal: Seal,
    check_url: Callable[[str], None],
    clock: Clock,
    new_id: NewId,
    follows: Sequence[Write] = (),
) -> tuple[Webhook, str]:
    """The new webhook and its secret, which is not shown again. `follows` is written with it.
    Raises Problem: limit_reached, webhook_url_refused."""
    # Two requests at once may both see the last free place: the limit keeps order, not a promise.
    if len(webhooks.of_account(account_id)) >= MOST_WEBHOOKS:
        raise limit_reached()
    check_url(url)
    secret = new_secret()
    webhook = Webhook(
        id=new_id(),
        account_id=account_id,
        url=url,
        events=_each_once(events),
        created_at=iso(clock()),
        secret=seal(secret, account_id),
    )
    webhooks.add(webhook, follows=follows)
    return webhook, secret


def find(account_id: str, webhook_id: str, *, webhooks: Webhooks) -> Webhook:
    """Raises Problem 404 for a missing one and for another account's alike."""
    webhook = webhooks.find(account_id, webhook_id) if keys.is_id(webhook_id) else None
    if webhook is None:
        raise not_found()
    return webhook


def change(
    webhook: Webhook,
    *,
    url: str | None,
    events: Sequence[Event] | None,
    enabled: bool | None,
    webhooks: Webhooks,
    check_url: Callable[[str], None],
) -> Webhook:
    """What is None stays. Raises Problem: webhook_url_refused, secret_missing, not_found."""
    wanted = webhook
    if url is not None:
        check_url(url)
        wanted = replace(wanted, url=url)
    if events is not None:
        wanted = replace(wanted, events=_each_once(events))
    if enabled is not None:
        wanted = _switched(wanted, enabled=enabled)
    if not webhooks.change(webhook, wanted):
        raise not_found()
    return wanted


def _switched(webhook: Webhook, *, enabled: bool) -> Webhook:
    if not enabled:
        return replace(webhook, state="disabled")
    if webhook.secret is None:
        raise Problem(409, "secret_missing", "Make a new secret first.")
    # Its past failures do not count against what the customer has mended.
    return replace(webhook, state="enabled", failing_since=None)


def rotate(
    account_id: str,
    webhook_id: str,
    *,
    webhooks: Webhooks,
    seal: Seal,
    clock: Clock,
    follows: Sequence[Write] = (),
) -> str:
    """A new secret, to be shown once. Those before it sign too for a day each, so that a receiver
    can change over at any moment of it. `follows` is written with it. Raises Problem: not_found,
    limit_reached."""
    secret = new_secret()
    sealed = seal(secret, account_id)
    for _ in range(_TRIES):
        before = find(account_id, webhook_id, webhooks=webhooks)
        after = replace(before, secret=sealed, previous=_still_signing(before, clock))
        if webhooks.change_secrets(before, after, follows=follows):
            return secret
    raise unavailable()


def _still_signing(webhook: Webhook, clock: Clock) -> tuple[Previous, ...]:
    now = clock()
    kept = [each for each in webhook.previous if each.until > epoch(now)]
    if webhook.secret is not None:
        kept.append(Previous(webhook.secret, epoch(now + _OVERLAP)))
    if len(kept) > MOST_PREVIOUS:
        raise limit_reached()
    return tuple(kept)


def send_test(webhook: Webhook, *, deliveries: Deliveries, clock: Clock) -> Delivery:
    """Also for a disabled one, to try it before. At most one a minute: nobody shall knock at a
    stranger's door through us as often as they like. Raises Problem 429, secret_missing."""
    if webhook.secret is None:
        raise Problem(409, "secret_missing", "Make a new secret first.")
    now = clock()
    delivery = Delivery(
        about_id=f"{webhook.id}-{now:%Y%m%d%H%M}",
        webhook_id=webhook.id,
        kind="test",
        account_id=webhook.account_id,
        site_id="",
        created_at=iso(now),
    )
    if not deliveries.add(delivery):
        wait = 60 - now.second
        raise Problem(429, "too_many_requests", "One test a minute.", retry_after_s=wait)
    return delivery


def retry(webhook: Webhook, delivery_id: str, *, deliveries: Deliveries) -> None:
    """Makes a failed delivery due. Raises Problem: not_found, delivery_not_failed."""
    said = delivery_of(delivery_id)
    if said is None or not keys.is_id(said[0]):
        raise not_found()
    delivery = deliveries.find(said[0], webhook.id, said[1])
    if delivery is None:
        raise not_found()
    if not deliveries.retry(delivery):
        raise Problem(409, "delivery_not_failed", "Only a failed delivery can be tried again.")


def disable_all(account_id: str, *, webhooks: Webhooks) -> None:
    """Destroys what is kept to sign with, so nothing can be sent in the account's name any more."""
    for webhook in webhooks.of_account(account_id):
        webhooks.shut(webhook)


def url_refused() -> Problem:
    return Problem(
        422, "webhook_url_refused", "Webhooks go to https addresses that the internet can reach."
    )


def _each_once(events: Sequence[Event]) -> tuple[Event, ...]:
    return tuple(sorted(set(events)))
