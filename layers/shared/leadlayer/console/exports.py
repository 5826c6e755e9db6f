"""Exports of everything: asked for, watched, fetched by a link that works once, withdrawn."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Listing
from leadlayer.console.once import Once
from leadlayer.core.clock import iso
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.forms import StrictForm
from leadlayer.core.table import Write
from leadlayer.exports.downloads import DownloadStore
from leadlayer.exports.model import Export, Format
from leadlayer.exports.service import ask_for_export
from leadlayer.exports.store import ExportStore


class ExportForm(StrictForm):
    """The body of POST /v1/exports."""

    format: Format = "json"


class ExportView(BaseModel):
    """`state` is queued, running, ready, failed or withdrawn; `progress` goes from 0 to 100."""

    id: str
    format: str
    state: str
    progress: int
    bytes: int
    created_at: str
    expires_at: str


class LinkView(BaseModel):
    """`url` is relative to /v1/ and works once."""

    url: str
    expires_at: str


def add_routes(routes: Routes, deps: Deps) -> None:
    store = ExportStore(deps.table, clock=deps.clock)
    _add_asking(routes, deps, store)
    _add_fetching(routes, deps, store)


def _add_asking(routes: Routes, deps: Deps, store: ExportStore) -> None:
    once = Once(routes, deps)

    @routes.route("GET", "/v1/exports", action="exports.watch", summary="Exports, the newest first")
    def list_exports() -> Listing[ExportView]:
        found = store.of_account(routes.caller().account_id)
        return Listing(items=[_view(export) for export in found])

    @routes.route(
        "POST", "/v1/exports", action="export", summary="Export everything", status_code=202
    )
    def add_export(form: ExportForm) -> ExportView:
        caller = routes.caller()

        def first(export_id: str, follows: Sequence[Write]) -> Export:
            return ask_for_export(
                form.format,
                account_id=caller.account_id,
                member_id=caller.member_id,
                exports=store,
                jobs=deps.jobs,
                clock=deps.clock,
                new_id=lambda: export_id,
                follows=follows,
            )

        return _view(once.answer(first, lambda made: store.find(caller.account_id, made)))

    @routes.route(
        "GET", "/v1/exports/<export>", action="exports.watch", summary="How far is an export?"
    )
    def read_export(export: str) -> ExportView:
        return _view(_own(export, routes.caller().account_id, store))


def _add_fetching(routes: Routes, deps: Deps, store: ExportStore) -> None:
    downloads = DownloadStore(deps.table, clock=deps.clock)

    @routes.route(
        "POST",
        "/v1/exports/<export>/link",
        action="export",
        summary="An address that gives the file once",
        status_code=201,
    )
    def add_link(export: str) -> LinkView:
        found = _own(export, routes.caller().account_id, store)
        link = downloads.create(_ready(found))
        return LinkView(url=f"downloads/{link.token}", expires_at=_time(link.expires_at))

    @routes.route(
        "DELETE",
        "/v1/exports/<export>",
        action="exports.watch",
        summary="Withdraw an export and delete its file",
        status_code=204,
    )
    def delete_export(export: str) -> Response[str]:
        found = _own(export, routes.caller().account_id, store)
        store.withdraw(found)
        deps.files.delete(found.key)
        return Response(204, body="")


def _own(export_id: str, account_id: str, store: ExportStore) -> Export:
    found = store.find(account_id, export_id)
    if found is None:
        raise not_found()
    return found


def _ready(export: Export) -> Export:
    if export.state != "ready":
        raise Problem(409, "export_not_ready", "There is no file to load (yet).")
    return export


def _view(export: Export) -> ExportView:
    return ExportView(
        id=export.id,
        format=export.format,
        state=export.state,
        progress=export.progress,
        bytes=export.bytes,
        created_at=export.created_at,
        expires_at=_time(export.expires_at),
    )


def _time(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
