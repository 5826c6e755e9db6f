"""Deleting in bulk: many leads and conversations of a site, in the background, with progress."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.leads import site_ids
from leadlayer.console.once import Once
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.forms import Opaque, StrictForm
from leadlayer.core.jobs import Job, send_or_leave
from leadlayer.core.table import Write
from leadlayer.privacy.deletions import JOB, Deletion, DeletionStore
from leadlayer.sites.store import SiteStore

# Nothing is as old as this, so an earlier day is a slip of the pen.
_FIRST_DAY = date(2020, 1, 1)
# The ids of a job stand in one row; more than this is what `before` is for.
_Ids = Annotated[list[Opaque], Field(max_length=1000)]


class DeletionForm(StrictForm):
    """Either ids, or everything from before a day (UTC). `confirmation` is typed by a person who
    has read that nothing of it comes back."""

    site: Opaque
    leads: _Ids = Field(default_factory=list)
    conversations: _Ids = Field(default_factory=list)
    before: Annotated[date, Field(strict=False)] | None = None
    confirmation: Literal["DELETE"]


class DeletionView(BaseModel):
    """`total` grows while it is counted what there is, in state `queued`."""

    id: str
    state: str
    done: int
    total: int


def add_routes(routes: Routes, deps: Deps) -> None:
    deletions = DeletionStore(deps.table, clock=deps.clock)
    sites, once = SiteStore(deps.table), Once(routes, deps)

    @routes.route(
        "POST",
        "/v1/deletions",
        action="leads.delete",
        summary="Delete leads and conversations for good",
        status_code=202,
    )
    def add_deletion(form: DeletionForm) -> DeletionView:
        account_id = routes.caller().account_id
        site_ids(account_id, form.site, sites)
        _check(form, today=deps.clock().date())

        def first(deletion_id: str, follows: Sequence[Write]) -> Deletion:
            deletion = _deletion(form, account_id, deletion_id)
            deletions.add(deletion, follows=follows)
            send_or_leave(deps.jobs, Job(JOB, account_id, deletion_id))
            return deletion

        return _view(once.answer(first, lambda made: deletions.find(account_id, made)))

    @routes.route(
        "GET",
        "/v1/deletions/<deletion>",
        action="leads.delete",
        audited=False,
        summary="How far a deletion is",
    )
    def read_deletion(deletion: str) -> DeletionView:
        found = deletions.find(routes.caller().account_id, deletion)
        if found is None:
            raise not_found()
        return _view(found)


def _check(form: DeletionForm, *, today: date) -> None:
    has_ids = bool(form.leads or form.conversations)
    if has_ids == (form.before is not None):
        errors = [{"field": "before", "reason": "ids_or_before"}]
        raise Problem(422, "invalid_request", "Give ids, or a day, and not both.", errors=errors)
    if form.before is not None and form.before < _FIRST_DAY:
        errors = [{"field": "before", "reason": "too_long_ago"}]
        raise Problem(422, "invalid_request", "Nothing is as old as this.", errors=errors)
    # Tomorrow means everything that is there today.
    if form.before is not None and form.before > today + timedelta(days=1):
        errors = [{"field": "before", "reason": "in_the_future"}]
        raise Problem(422, "invalid_request", "The day has not come yet.", errors=errors)


def _deletion(form: DeletionForm, account_id: str, deletion_id: str) -> Deletion:
    leads, conversations = tuple(form.leads), tuple(form.conversations)
    return Deletion(
        deletion_id,
        account_id,
        form.site,
        leads,
        conversations,
        before=None if form.before is None else form.before.isoformat(),
        total=len(leads) + len(conversations),
    )


def _view(deletion: Deletion) -> DeletionView:
    return DeletionView(
        id=deletion.id, state=deletion.state, done=deletion.done, total=deletion.total
    )
