"""/v1/requests: what people ask about their data, as whoever answers sees and moves it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Cursor, Limit, Listing, next_cursor, position_of
from leadlayer.console.once import Once
from leadlayer.console.requests_views import (
    DataView,
    RequestSummary,
    RequestView,
    data_view,
    request_view,
    summary,
)
from leadlayer.core.errors import not_found
from leadlayer.core.forms import Opaque, StrictForm
from leadlayer.core.table import Write
from leadlayer.privacy.answers import ExtensionReason, Ground
from leadlayer.privacy.requests import NoSigner, Requests, check_disclosable
from leadlayer.privacy.requests_model import Decision, Event, Request, State
from leadlayer.privacy.requests_rules import refused
from leadlayer.privacy.requests_store import RequestStore
from leadlayer.privacy.subject import export_subject

_LIST = "requests"
# Pages that one answer looks through for requests of the wanted state; then it ends with a cursor.
_MOST_PAGES = 10

Wanted = Literal["open", "closed", State]
# Whoever answers may do this; an identity is proved, and work is done, by others.
Step = Literal[
    "review",
    "extend",
    "resume_review",
    "propose",
    "approve",
    "approve_partially",
    "mark_duplicate",
    "cool_off",
]


class StepForm(StrictForm):
    """What a step does not need is left out: `reason` and `months` belong to `extend`, `decision`
    and `ground` to `propose`, `ground` to `approve_partially`, `earlier` (the id of the request
    that is answered instead) to `mark_duplicate`, `hours` to `cool_off` and to the approval of an
    erasure, which can be taken back for so long."""

    step: Step
    decision: Decision | None = None
    ground: Ground | None = None
    reason: ExtensionReason | None = None
    months: Annotated[int, Field(ge=1, le=2)] | None = None
    hours: Annotated[int, Field(ge=0, le=72)] | None = None
    earlier: Opaque | None = None


class DenialForm(StrictForm):
    """The ground that the first person proposed."""

    ground: Ground


class RequestDesk:
    """Moves requests for whoever calls."""

    def __init__(self, routes: Routes, deps: Deps) -> None:
        self._routes = routes
        self._deps = deps
        self._once = Once(routes, deps)
        self.store = RequestStore(deps.table, clock=deps.clock)

    def find(self, request_id: str) -> Request:
        """Raises Problem 404, also for another account's."""
        found = self.store.find(self._routes.caller().account_id, request_id)
        if found is None:
            raise not_found()
        return found

    def move(self, request_id: str, form: StepForm) -> RequestView:
        """Once for each Idempotency-Key, which is what makes the event one."""
        self.find(request_id)

        def first(event_id: str, beside: Sequence[Write]) -> Request:
            return self._apply(request_id, _event_of(form, event_id), beside)

        moved = self._once.answer(first, lambda _: self.find(request_id))
        return request_view(self._cooled_off(moved, form))

    def deny(self, request_id: str, ground: Ground) -> RequestView:
        self.find(request_id)

        def first(event_id: str, beside: Sequence[Write]) -> Request:
            given = {"id": event_id, "name": "deny", "ground": ground}
            return self._apply(request_id, given, beside)

        return request_view(self._once.answer(first, lambda _: self.find(request_id)))

    def _cooled_off(self, request: Request, form: StepForm) -> Request:
        """The time that was chosen with an approval; a retry finds what a crash left out."""
        is_approval = form.step in ("approve", "approve_partially")
        is_left = request.state in ("approved", "partially_approved")
        if not is_approval or not is_left or request.right != "erasure" or form.hours is None:
            return request
        given = {"id": self._deps.new_id(), "name": "cool_off", "hours": form.hours}
        return self._apply(request.id, given, ())

    def _apply(self, request_id: str, given: dict[str, Any], beside: Sequence[Write]) -> Request:
        caller = self._routes.caller()
        event = Event(**given, actor=caller.actor, role=caller.role)
        return self._requests().apply(caller.account_id, request_id, event, beside=beside)

    def _requests(self) -> Requests:
        deps = self._deps
        return Requests(
            store=self.store,
            audit=AuditLog(AuditStore(deps.table), deps.clock),
            clock=deps.clock,
            keyring=deps.keyring(),
            signer=NoSigner(),
        )


def add_routes(routes: Routes, deps: Deps) -> None:
    desk = RequestDesk(routes, deps)
    _add_reading(routes, deps, desk)
    _add_moving(routes, desk)


def _add_reading(routes: Routes, deps: Deps, desk: RequestDesk) -> None:
    @routes.route(
        "GET", "/v1/requests", action="requests.read", summary="What people ask, newest first"
    )
    def list_requests(
        state: Annotated[
            Wanted | None, Query(description="One state, or all open or closed")
        ] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Listing[RequestSummary]:
        account_id, keyring = routes.caller().account_id, deps.keyring()
        of = f"{_LIST}?state={state}"
        after = position_of(cursor, of=of, account_id=account_id, keyring=keyring)
        found, after = _page(desk.store, account_id, state, limit, after)
        return Listing(
            items=[summary(request) for request in found],
            next=next_cursor(after, of=of, account_id=account_id, keyring=keyring),
        )

    @routes.route("GET", "/v1/requests/<request>", action="requests.read", summary="One request")
    def read_request(request: str) -> RequestView:
        return request_view(desk.find(request))

    @routes.route(
        "GET",
        "/v1/requests/<request>/data",
        action="requests.read",
        summary="What is kept about the person who asks",
    )
    def read_data(request: str) -> DataView:
        return data_view(_rows_of(desk.find(request), deps))


def _add_moving(routes: Routes, desk: RequestDesk) -> None:
    @routes.route(
        "POST",
        "/v1/requests/<request>/steps",
        action="requests.handle",
        summary="Move a request on",
    )
    def step(request: str, form: StepForm) -> RequestView:
        return desk.move(request, form)

    @routes.route(
        "POST",
        "/v1/requests/<request>/denial",
        action="requests.deny",
        summary="Deny a request, as another person proposed",
    )
    def deny(request: str, form: DenialForm) -> RequestView:
        return desk.deny(request, form.ground)


def _event_of(form: StepForm, event_id: str) -> dict[str, Any]:
    given = form.model_dump(exclude={"step", "hours"}, exclude_none=True)
    if form.step == "cool_off" and form.hours is not None:
        given["hours"] = form.hours
    return {"id": event_id, "name": form.step} | given


def _page(
    store: RequestStore, account_id: str, state: Wanted | None, limit: int, after: Any
) -> tuple[list[Request], Any]:
    """The next page on which something is in that state, and where it ended."""
    wanted: list[Request] = []
    for _ in range(_MOST_PAGES):
        found, after = store.of_account(account_id, limit=limit, after=after)
        wanted = [request for request in found if _is_in(request, state)]
        if wanted or after is None:
            break
    return wanted, after


def _is_in(request: Request, state: Wanted | None) -> bool:
    if state in ("open", "closed"):
        return request.is_final == (state == "closed")
    return state is None or request.state == state


def _rows_of(request: Request, deps: Deps) -> list[dict[str, Any]]:
    """The rows of the address or number that was proved to be theirs, and of nothing else that they
    gave: the number beside an address may be anybody's. Raises Problem 403 before it is known who
    asks, 409 once the request is closed: then nobody knows any more who it was."""
    if request.contact is None:
        raise refused("closed")
    check_disclosable(request)
    subject = deps.keyring().subject(request.account_id, request.contact.identifier)
    return export_subject(request.account_id, subject, table=deps.table)
