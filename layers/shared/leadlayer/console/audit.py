"""GET /v1/audit: who did what with the account's data, and whether the log was tampered with."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from leadlayer.audit.model import Entry
from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Cursor, Limit, Listing, next_cursor, position_of

_LIST = "audit"
# No log is as long as twelve digits can count.
From = Annotated[
    int, Query(alias="from", ge=1, lt=10**12, description="`next` of the stretch before")
]


class EntryView(BaseModel):
    """`actor` is `member:<id>` or `key:<id>`; `target` the ids in the call's path."""

    seq: int
    at: str
    actor: str
    role: str
    action: str
    call: str
    target: str
    outcome: str


class VerificationView(BaseModel):
    """Of one stretch of the log, from `from` on; `next` is the `from` of the stretch after it, null
    at the end and where the log is broken."""

    entries: int
    intact: bool
    broken_at: int | None
    next: int | None


def add_routes(routes: Routes, deps: Deps) -> None:
    store = AuditStore(deps.table)
    log = AuditLog(store, deps.clock)

    @routes.route("GET", "/v1/audit", action="audit.read", summary="The audit log, newest first")
    def list_entries(cursor: Cursor = None, limit: Limit = 50) -> Listing[EntryView]:
        account_id, keyring = routes.caller().account_id, deps.keyring()
        before = position_of(cursor, of=_LIST, account_id=account_id, keyring=keyring)
        found = store.newest(account_id, before=before, limit=limit)
        last = found[-1].seq if len(found) == limit else None
        return Listing(
            items=[_view(entry) for entry in found],
            next=next_cursor(last, of=_LIST, account_id=account_id, keyring=keyring),
        )

    @routes.route(
        "GET", "/v1/audit/verification", action="audit.read", summary="Was the log tampered with?"
    )
    def verify(begin: From = 1) -> VerificationView:
        found = log.verify(routes.caller().account_id, begin=begin)
        return VerificationView(
            entries=found.entries,
            intact=found.intact,
            broken_at=found.broken_at,
            next=found.next,
        )


def _view(entry: Entry) -> EntryView:
    return EntryView(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        role=entry.role,
        action=entry.action,
        call=entry.call,
        target=entry.target,
        outcome=entry.outcome,
    )
