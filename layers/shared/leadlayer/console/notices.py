"""Notices to an account's people, and that each of them has seen them."""

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Cursor, Limit, Listing, next_cursor, position_of
from leadlayer.core.errors import not_found
from leadlayer.notices.model import Notice
from leadlayer.notices.store import NoticeStore

_LIST = "notices"


class NoticeView(BaseModel):
    """`kind` chooses the words; `shown_at` is when the caller saw it first."""

    id: str
    kind: str
    created_at: str
    shown_at: str | None


def add_routes(routes: Routes, deps: Deps) -> None:
    store = NoticeStore(deps.table, clock=deps.clock)

    @routes.route("GET", "/v1/notices", action="notices.read", audited=False, summary="Notices")
    def list_notices(cursor: Cursor = None, limit: Limit = 50) -> Listing[NoticeView]:
        caller, keyring = routes.caller(), deps.keyring()
        account_id = caller.account_id
        before = position_of(cursor, of=_LIST, account_id=account_id, keyring=keyring)
        found = store.list(account_id, limit=limit, before=before)
        last = found[-1].id if len(found) == limit else None
        return Listing(
            items=[_view(notice, caller.member_id) for notice in found],
            next=next_cursor(last, of=_LIST, account_id=account_id, keyring=keyring),
        )

    # A key reads notices like anybody; only a person can have seen one.
    @routes.route(
        "POST",
        "/v1/notices/<notice>/shown",
        action="self",
        audited=False,
        summary="The caller has seen a notice",
        status_code=204,
    )
    def mark_shown(notice: str) -> Response[str]:
        caller = routes.caller()
        if not store.mark_shown(caller.account_id, notice, caller.member_id):
            raise not_found()
        return Response(204, body="")


def _view(notice: Notice, member_id: str) -> NoticeView:
    return NoticeView(
        id=notice.id,
        kind=notice.kind,
        created_at=notice.created_at,
        shown_at=notice.shown.get(member_id),
    )
