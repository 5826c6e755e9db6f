"""A customer's webhooks: where to, what, a new secret, a test, and what became of each delivery."""

from collections.abc import Sequence
from typing import Annotated, Final

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Cursor, Limit, Listing, next_cursor, position_of
from leadlayer.console.living import while_active
from leadlayer.console.once import Once, shown_once
from leadlayer.core.forms import StrictForm
from leadlayer.core.outbound import MAX_URL, NotSent, Outbound
from leadlayer.core.table import Write
from leadlayer.webhooks import service
from leadlayer.webhooks.model import VAULT_KIND, Attempt, Event, Kind, State, Webhook
from leadlayer.webhooks.store import DeliveryStore, WebhookStore

_ACTION: Final = "credentials"
_PATH = "/v1/webhooks/<webhook>"

# Shown in the API's document; a test runs it as it stands.
VERIFYING = '''
import base64, hashlib, hmac, time

def is_from_leadlayer(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """`body` as it came, before any parsing; header names in lower case."""
    sent_at = headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{sent_at}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(expected, signature) for signature in given)
'''
_DESCRIPTION = f"""Events are sent as POST with a JSON body `{{"type", "timestamp", "data"}}` and \
signed as the Standard Webhooks specification says (headers `webhook-id`, `webhook-timestamp`, \
`webhook-signature`). Answer with 2xx within five seconds; until then an event is sent again after \
5 and 30 minutes and 2, 8 and 24 hours, always with the same `webhook-id`. The first time it is \
waited for three seconds, connection included. 410 disables the webhook. Check a signature like \
this:

```python{VERIFYING}```"""

Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]
Events = Annotated[list[Event], Field(min_length=1, max_length=2)]


class WebhookForm(StrictForm):
    url: Url
    events: Events


class WebhookChange(StrictForm):
    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = None


class WebhookView(BaseModel):
    """`has_secret` is false after the account was terminated: make a new secret to go on."""

    id: str
    url: str
    events: list[Event]
    state: State
    created_at: str
    failing_since: str | None
    has_secret: bool


class NewWebhook(WebhookView):
    """`secret` is shown this once."""

    secret: str


class NewSecret(BaseModel):
    """Shown this once. Each secret before it signs too for 24 hours."""

    secret: str


class DeliveryAccepted(BaseModel):
    """Its id is the `webhook-id` that the endpoint sees."""

    delivery: str


class AttemptView(BaseModel):
    """One try to deliver. `status` is null when there was no answer."""

    id: str
    delivery: str
    event: Kind
    at: str
    status: int | None
    took_ms: int
    outcome: str


def add_routes(routes: Routes, deps: Deps) -> None:
    desk = _Desk(routes, deps)
    _add_endpoint_routes(routes, desk)
    _add_change_routes(routes, desk)
    _add_delivery_routes(routes, desk)


class _Desk:
    """What the routes below share."""

    def __init__(self, routes: Routes, deps: Deps) -> None:
        self._routes = routes
        self.deps = deps
        self.webhooks = WebhookStore(deps.table)
        self.deliveries = DeliveryStore(deps.table, clock=deps.clock)
        self._outbound = Outbound(local=deps.settings.is_local)

    def own(self, webhook_id: str) -> Webhook:
        """Raises Problem 404 unless it is the caller's."""
        return service.find(self._routes.caller().account_id, webhook_id, webhooks=self.webhooks)

    def seal(self, text: str, account_id: str) -> str:
        return self.deps.vault.seal(text, account_id=account_id, kind=VAULT_KIND)

    def check_url(self, url: str) -> None:
        try:
            self._outbound.check(url)
        except NotSent:
            raise service.url_refused() from None


def _add_endpoint_routes(routes: Routes, desk: _Desk) -> None:
    once = Once(routes, desk.deps)

    # The endpoints are listed without their secrets, so looking at them is no entry in the log.
    @routes.route("GET", "/v1/webhooks", action=_ACTION, audited=False, summary="Webhooks")
    def list_webhooks() -> Listing[WebhookView]:
        found = desk.webhooks.of_account(routes.caller().account_id)
        return Listing(items=[_view(webhook) for webhook in found])

    @routes.route(
        "POST",
        "/v1/webhooks",
        action=_ACTION,
        summary="Be told of events at an address of one's own",
        description=_DESCRIPTION,
        status_code=201,
    )
    def create_webhook(form: WebhookForm) -> NewWebhook:
        def first(webhook_id: str, follows: Sequence[Write]) -> NewWebhook:
            account_id = routes.caller().account_id
            with while_active(desk.deps.table, account_id) as is_active:
                webhook, secret = service.create(
                    account_id,
                    form.url,
                    form.events,
                    webhooks=desk.webhooks,
                    seal=desk.seal,
                    check_url=desk.check_url,
                    clock=desk.deps.clock,
                    new_id=lambda: webhook_id,
                    follows=[*follows, is_active],
                )
            return NewWebhook(**_view(webhook).model_dump(), secret=secret)

        return once.answer(first, shown_once)

    @routes.route("GET", _PATH, action=_ACTION, audited=False, summary="A webhook")
    def read_webhook(webhook: str) -> WebhookView:
        return _view(desk.own(webhook))


def _add_change_routes(routes: Routes, desk: _Desk) -> None:
    @routes.route("PATCH", _PATH, action=_ACTION, summary="Change a webhook")
    def change_webhook(webhook: str, form: WebhookChange) -> WebhookView:
        changed = service.change(
            desk.own(webhook),
            url=form.url,
            events=form.events,
            enabled=form.enabled,
            webhooks=desk.webhooks,
            check_url=desk.check_url,
        )
        return _view(changed)

    @routes.route("DELETE", _PATH, action=_ACTION, summary="Delete a webhook", status_code=204)
    def delete_webhook(webhook: str) -> Response[str]:
        found = desk.own(webhook)
        desk.webhooks.delete(found.account_id, found.id)
        return Response(204, body="")

    @routes.route(
        "POST",
        f"{_PATH}/secret",
        action=_ACTION,
        summary="A new secret; the old one signs too for 24 hours",
    )
    def rotate_secret(webhook: str) -> NewSecret:
        account_id = desk.own(webhook).account_id
        with while_active(desk.deps.table, account_id) as is_active:
            secret = service.rotate(
                account_id,
                webhook,
                webhooks=desk.webhooks,
                seal=desk.seal,
                clock=desk.deps.clock,
                follows=[is_active],
            )
        return NewSecret(secret=secret)

    @routes.route(
        "POST", f"{_PATH}/test", action=_ACTION, summary="Send a test event", status_code=202
    )
    def send_test(webhook: str) -> DeliveryAccepted:
        delivery = service.send_test(
            desk.own(webhook), deliveries=desk.deliveries, clock=desk.deps.clock
        )
        return DeliveryAccepted(delivery=delivery.id)


def _add_delivery_routes(routes: Routes, desk: _Desk) -> None:
    # Ids, times and numbers: nothing of a lead stands in it.
    @routes.route(
        "GET",
        f"{_PATH}/deliveries",
        action=_ACTION,
        audited=False,
        summary="Attempts of the last 30 days, the newest first",
    )
    def list_attempts(
        webhook: str, cursor: Cursor = None, limit: Limit = 50
    ) -> Listing[AttemptView]:
        found, keyring = desk.own(webhook), desk.deps.keyring()
        place, account_id = f"deliveries?webhook={found.id}", found.account_id
        after = position_of(cursor, of=place, account_id=account_id, keyring=keyring)
        attempts, position = desk.deliveries.attempts(found.id, limit=limit, after=after)
        return Listing(
            items=[_attempt_view(attempt) for attempt in attempts],
            next=next_cursor(position, of=place, account_id=account_id, keyring=keyring),
        )

    @routes.route(
        "POST",
        f"{_PATH}/deliveries/<delivery>/retry",
        action=_ACTION,
        summary="Try a failed delivery again, within five minutes",
        status_code=202,
    )
    def retry_delivery(webhook: str, delivery: str) -> DeliveryAccepted:
        service.retry(desk.own(webhook), delivery, deliveries=desk.deliveries)
        return DeliveryAccepted(delivery=delivery)


def _view(webhook: Webhook) -> WebhookView:
    return WebhookView(
        id=webhook.id,
        url=webhook.url,
        events=list(webhook.events),
        state=webhook.state,
        created_at=webhook.created_at,
        failing_since=webhook.failing_since,
        has_secret=webhook.secret is not None,
    )


def _attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        delivery=attempt.delivery_id,
        event=attempt.kind,
        at=attempt.at,
        status=attempt.status or None,
        took_ms=attempt.took_ms,
        outcome=attempt.outcome,
    )
