"""What a browser and the public may read: the widget, its configuration, policy, sub-processors."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response

from leadlayer.core import log
from leadlayer.core.clock import Clock, iso, utc_now
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


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    widget: Callable[[str], bytes]


def build(deps: Deps) -> Handler:
    sites = SitesOfRequest(SiteStore(deps.table))
    return answering(routes(deps, sites), origins=sites.origins)


def routes(deps: Deps, sites: Sites) -> App:
    app = http_app()

    @app.get("/widget.js", summary="The widget", tags=["widget"], enable_validation=False)
    def widget() -> Response[bytes]:
        return _script(app, deps.widget("widget.js"), _CURRENT)

    @app.get(
        "/widget.v1.js",
        summary="The widget, version 1, immutable",
        tags=["widget"],
        enable_validation=False,
    )
    def widget_v1() -> Response[bytes]:
        return _script(app, deps.widget("widget.v1.js"), _IMMUTABLE)

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

    return app


def _script(app: App, content: bytes, cache_control: str) -> Response[bytes]:
    headers = {
        "Cache-Control": cache_control,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding",
    }
    if not _takes_gzip(app.current_event.headers.get("accept-encoding") or ""):
        return Response(200, _SCRIPT, content, headers=headers)
    # HTTP APIs do not compress; bytes make Powertools answer in base64, which API Gateway decodes.
    return Response(
        200, _SCRIPT, _compressed(content), headers=headers | {"Content-Encoding": "gzip"}
    )


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
    return Path(__file__).with_name(name).read_bytes()


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
