"""What a browser and the public may read: widget, its configuration, policy, the console's page."""

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response

from leadlayer.core import log
from leadlayer.core.clock import Clock, iso, utc_now
from leadlayer.core.errors import not_found
from leadlayer.core.events import Event, header
from leadlayer.core.http import App, Handler, answering, http_app
from leadlayer.core.policy import policy
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table, open_table
from leadlayer.privacy.publication import policy_document, sub_processor_documents
from leadlayer.sites.service import Sites, SitesOfRequest, get_site, widget_config
from leadlayer.sites.store import SiteStore

_SCRIPT = "text/javascript; charset=utf-8"
# The newest widget within five minutes; a numbered one never changes (web/widget/releases).
_CURRENT = "public, max-age=300, stale-while-revalidate=86400"
_IMMUTABLE = "public, max-age=31536000, immutable"
# The console's page is asked for each time and answered with 304 while it is the same.
_REVALIDATED = "no-cache"
# web/console/build.py packages these; nothing else of the folder is served.
_CONSOLE = {
    "index.html": "text/html; charset=utf-8",
    "console.js": _SCRIPT,
    "console.css": "text/css; charset=utf-8",
    "preview.html": "text/html; charset=utf-8",
    "preview.js": _SCRIPT,
    "icon.svg": "image/svg+xml",
}
# Everything from here, nothing from anywhere else; nobody may frame it, and no text becomes code.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
# The preview shows the widget in a frame of the page; it sets the address of the widget's script.
_PREVIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_PAGE_HEADERS = {
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    packaged: Callable[[str], bytes]


def build(deps: Deps) -> Handler:
    sites = SitesOfRequest(SiteStore(deps.table))
    answer = answering(routes(deps, sites), origins=sites.origins)

    def handle(event: Event, context: Any) -> dict[str, Any]:
        result = answer(event, context)
        if str(event.get("rawPath", "")).startswith("/console"):
            # Any website may read the widget; the console's page is for its own origin.
            for name in ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers"):
                result["headers"].pop(name, None)
        return result

    return handle


def routes(deps: Deps, sites: Sites) -> App:
    app = http_app()

    @app.get("/widget.js", summary="The widget", tags=["widget"], enable_validation=False)
    def widget() -> Response[bytes]:
        return _script(app, deps.packaged("widget.js"), _CURRENT)

    @app.get(
        "/widget.v1.js",
        summary="The widget, version 1, immutable",
        tags=["widget"],
        enable_validation=False,
    )
    def widget_v1() -> Response[bytes]:
        return _script(app, deps.packaged("widget.v1.js"), _IMMUTABLE)

    @app.get("/v1/sites/<site>/widget", summary="What a widget shows", tags=["widget"])
    def config(site: str, lang: str | None = None) -> dict[str, Any]:
        return widget_config(
            get_site(site, sites=sites),
            language=lang,
            chat_url=deps.settings.chat_url,
            disclosure_version=policy().disclosure_version,
        )

    @app.get("/v1/privacy/policy", summary="The policy in force", tags=["privacy"])
    def privacy_policy() -> dict[str, Any]:
        return policy_document(policy())

    @app.get("/v1/privacy/sub-processors", summary="Who receives data", tags=["privacy"])
    def sub_processors() -> dict[str, Any]:
        provider = deps.settings.model_provider
        return {
            "model_provider": provider,
            "as_of": iso(deps.clock()),
            "sub_processors": sub_processor_documents(policy(), model_provider=provider),
        }

    _console_routes(app, deps)
    return app


def _console_routes(app: App, deps: Deps) -> None:
    @app.get("/console", include_in_schema=False)
    def console_without_slash() -> Response[str]:
        # Relative, because what stands before it is not ours to know.
        return Response(308, body="", headers={"Location": "console/"})

    @app.get("/console/", include_in_schema=False, enable_validation=False)
    def console_page() -> Response[bytes]:
        return _page(app, deps, "index.html")

    @app.get("/console/<file>", include_in_schema=False, enable_validation=False)
    def console_file(file: str) -> Response[bytes]:
        return _page(app, deps, file)


def _page(app: App, deps: Deps, name: str) -> Response[bytes]:
    if name not in _CONSOLE:
        raise not_found()
    event = app.current_event.raw_event
    content = deps.packaged(f"console/{name}")
    mark = hashlib.sha256(content).hexdigest()
    # The page names its parts by their content's hash: what is asked for by the right one is final.
    query: dict[str, str] = event.get("queryStringParameters") or {}
    headers = _PAGE_HEADERS | {
        # Weak: the same for the gzipped form (RFC 9110, 8.8.1).
        "ETag": f'W/"{mark[:32]}"',
        "Vary": "Accept-Encoding",
        "Cache-Control": _IMMUTABLE if query.get("v") == mark[:12] else _REVALIDATED,
        "Content-Security-Policy": _PAGE_POLICY,
    }
    if name.startswith("preview."):
        headers |= {"Content-Security-Policy": _PREVIEW_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    if headers["ETag"] in (header(event, "if-none-match") or ""):
        return Response(304, _CONSOLE[name], b"", headers=headers)
    return _compressible(app, _CONSOLE[name], content, headers)


def _script(app: App, content: bytes, cache_control: str) -> Response[bytes]:
    headers = {
        "Cache-Control": cache_control,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding",
    }
    return _compressible(app, _SCRIPT, content, headers)


def _compressible(app: App, kind: str, content: bytes, headers: dict[str, str]) -> Response[bytes]:
    if not _takes_gzip(app.current_event.headers.get("accept-encoding") or ""):
        return Response(200, kind, content, headers=headers)
    # HTTP APIs do not compress; bytes make Powertools answer in base64, which API Gateway decodes.
    return Response(200, kind, _compressed(content), headers=headers | {"Content-Encoding": "gzip"})


def _takes_gzip(accepted: str) -> bool:
    """A weight of 0 is a refusal (RFC 9110, 12.4.2 and 12.5.3)."""
    for offer in accepted.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0") not in {"q=", "q=0."}
    return False


@cache
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


@cache
def _packaged(name: str) -> bytes:
    return (Path(__file__).parent / name).read_bytes()


@cache
def wire() -> Handler:
    settings = Settings.from_env(os.environ)
    table = open_table(settings.table_name, region=settings.region, clock=utc_now)
    return build(Deps(settings, table, utc_now, _packaged))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return wire()(event, context)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
