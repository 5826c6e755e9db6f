"""GET /v1/downloads/{token}: the one request that a link is good for, without a session."""

from aws_lambda_powertools.event_handler import Response

from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.core.errors import not_found
from leadlayer.exports.downloads import DownloadStore
from leadlayer.exports.store import ExportStore

# For as long as it takes to follow a redirect; a download that has begun goes on.
_SECONDS = 60


def add_routes(routes: Routes, deps: Deps) -> None:
    exports = ExportStore(deps.table, clock=deps.clock)
    downloads = DownloadStore(deps.table, clock=deps.clock)

    @routes.open_route(
        "GET",
        "/v1/downloads/<token>",
        summary="Load an export's file, once",
        responses={303: {"description": "Where the file is, for a minute"}},
    )
    def download(token: str) -> Response[str]:
        """Unknown, used, expired and withdrawn are one answer."""
        used = downloads.use(token)
        export = exports.find(*used) if used else None
        if export is None or export.state != "ready":
            raise not_found()
        filename = f"leadlayer-{export.created_at[:10]}-{export.format}.zip"
        address = deps.files.link(export.key, filename=filename, seconds=_SECONDS)
        return Response(303, body="", headers={"Location": address})
