"""One's own sessions: what is signed in where, and signing out here, there or everywhere."""

from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from leadlayer.accounts.sessions import Session, SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Listing
from leadlayer.core.clock import iso
from leadlayer.core.errors import not_found


class SessionView(BaseModel):
    id: str
    current: bool
    signed_in_at: str
    expires_at: str


def add_routes(routes: Routes, deps: Deps) -> None:
    accounts = AccountStore(deps.table)
    sessions = SessionStore(deps.table, clock=deps.clock)

    @routes.route(
        "GET", "/v1/sessions", action="self", audited=False, summary="Where one is signed in"
    )
    def list_sessions() -> Listing[SessionView]:
        caller = routes.caller()
        member = accounts.find_member(caller.account_id, caller.member_id)
        if member is None:
            raise not_found()
        current = caller.session_id
        return Listing(items=[_view(each, current) for each in sessions.list_of(member)])

    @routes.route(
        "DELETE", "/v1/sessions/current", action="self", summary="Sign out", status_code=204
    )
    def sign_out() -> Response[str]:
        caller = routes.caller()
        if not sessions.revoke(caller.account_id, caller.member_id, caller.session_id):
            # So new that it is not listed yet: rather all of them than none.
            accounts.sign_out_everywhere(caller.account_id, caller.member_id)
        return Response(204, body="")

    @routes.route(
        "DELETE", "/v1/sessions/<session>", action="self", summary="Sign out there", status_code=204
    )
    def revoke(session: str) -> Response[str]:
        caller = routes.caller()
        if not sessions.revoke(caller.account_id, caller.member_id, session):
            raise not_found()
        return Response(204, body="")

    @routes.route(
        "DELETE", "/v1/sessions", action="self", summary="Sign out everywhere", status_code=204
    )
    def sign_out_everywhere() -> Response[str]:
        caller = routes.caller()
        accounts.sign_out_everywhere(caller.account_id, caller.member_id)
        return Response(204, body="")


def _view(session: Session, current: str) -> SessionView:
    return SessionView(
        id=session.id,
        current=session.id == current,
        signed_in_at=_iso(session.signed_in_at),
        expires_at=_iso(session.expires_at),
    )


def _iso(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
