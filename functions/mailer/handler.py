"""Sends the outbox: new rows from the table's stream, and by schedule whatever is still pending."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,  # pyright: ignore[reportUnknownVariableType]  # partly untyped
)
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from leadlayer.accounts.links import LinkStore
from leadlayer.accounts.store import AccountStore
from leadlayer.core import egress, keys, log
from leadlayer.core.clock import utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table
from leadlayer.handover import Postroom
from leadlayer.mail.resend_client import resend_sender
from leadlayer.mail.service import Send, deliver
from leadlayer.mail.store import OutboxStore
from leadlayer.privacy.letters import RequestPost
from leadlayer.privacy.requests_mail import PREFIX, RequestOutbox
from leadlayer.privacy.requests_store import RequestStore
from leadlayer.sites.store import SiteStore

_SWEPT_AT_ONCE = 50


class MailFailed(Exception):
    """The provider or the table failed; the row stays pending."""


Mailer = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    send: Send
    keyring: Callable[[], Keyring]


def build(deps: Deps) -> Mailer:
    outbox = OutboxStore(deps.table)
    postroom = Postroom(
        accounts=AccountStore(deps.table),
        links=LinkStore(deps.table),
        sites=SiteStore(deps.table),
        keyring=deps.keyring,
        console_url=deps.settings.console_url,
    )
    requests = RequestPost(requests=RequestStore(deps.table, clock=utc_now), keyring=deps.keyring)
    ordinary = partial(deliver, outbox=outbox, letters=postroom.letters, send=deps.send)
    answering = partial(
        deliver, outbox=RequestOutbox(deps.table), letters=requests.letters, send=deps.send
    )

    def send_one(mail_id: str) -> bool:
        return answering(mail_id) if mail_id.startswith(PREFIX) else ordinary(mail_id)

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if "Records" in event:
            return _from_stream(event, context, send_one)
        return _sweep(outbox, send_one)

    return handle


def _from_stream(
    event: dict[str, Any], context: Any, send_one: Callable[[str], bool]
) -> dict[str, Any]:
    """Reports failed records. The stream comes back with everything from the first of them on;
    that nobody gets a second letter is up to the marks in the outbox (`sent_to`, `is_sent`)."""

    def send(record: DynamoDBRecord) -> None:
        key = (record.dynamodb.keys or {})["pk"] if record.dynamodb else ""
        _deliver_logged(str(key).removeprefix(keys.outbox("")), send_one)

    processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, send, processor, context))


def _sweep(outbox: OutboxStore, send_one: Callable[[str], bool]) -> dict[str, Any]:
    """What the stream gave up on: its own failures must not stop the others."""
    failed = 0
    for mail_id in outbox.pending(limit=_SWEPT_AT_ONCE):
        try:
            _deliver_logged(mail_id, send_one)
        except MailFailed:
            failed += 1
    return {"failed": failed}


def _deliver_logged(mail_id: str, send_one: Callable[[str], bool]) -> None:
    try:
        if send_one(mail_id):
            log.event("mail_sent", mail=mail_id)
    except Exception as error:  # noqa: BLE001  # whatever it was, its text may quote an address
        log.failure("mail_failed", error, mail=mail_id)
        raise MailFailed from None


@cache
def wire() -> Mailer:
    settings = Settings.from_env(os.environ)
    secret = from_parameter_store(settings.parameter_prefix)
    send = resend_sender(
        api_key=lambda: secret("resend-api-key"),
        base_url=settings.resend_base_url,
        sender=settings.mail_from,
        check_url=egress.guard(settings, clock=utc_now),
    )
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    return build(Deps(settings, table, send, lambda: Keyring.from_hex(secret("root-key"))))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
