"""GET /v1/sites/{site}/p.gif: counts one page view, and always answers with the same GIF.

No router, no logger, no AWS client: this is the function that runs most, and its cold start is
what a page waits for.
"""

import os
from functools import cache
from typing import Any

from leadlayer.core import log
from leadlayer.core.clock import utc_now
from leadlayer.core.events import Event, header, path_parameter, query
from leadlayer.core.lite_table import CallFailed, Credentials, Endpoint, LiteTable, Throttled
from leadlayer.core.policy import policy
from leadlayer.views.model import Ping
from leadlayer.views.service import Counter
from leadlayer.views.store import ViewStore

# A transparent GIF of one pixel, 43 bytes, in base64: a PNG would be more than 60.
_GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="
_HEADERS = {
    "Content-Type": "image/gif",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def handle(event: Event, counter: Counter) -> dict[str, Any]:
    """Nothing of the request but site and path is looked at, and the two opt-out signals."""
    try:
        reason = counter.count(
            Ping(
                site_id=path_parameter(event, "site"),
                path=query(event, "p") or "/",
                has_consent=query(event, "c") == "1",
                opts_out=header(event, "sec-gpc") == "1" or header(event, "dnt") == "1",
            )
        )
    except (CallFailed, Throttled) as error:
        log.failure("view_not_counted", error)
        reason = "try-later"
    except Exception as error:  # noqa: BLE001  # a page must never see a broken image because of us
        log.failure("unhandled", error)
        reason = "error"
    headers = _HEADERS if reason is None else _HEADERS | {"X-LeadLayer-Reason": reason}
    return {"statusCode": 200, "headers": headers, "body": _GIF, "isBase64Encoded": True}


@cache
def wire() -> Counter:
    table = LiteTable(
        os.environ["TABLE_NAME"],
        endpoint=Endpoint.from_env(os.environ),
        credentials=Credentials.from_env(os.environ),
        clock=utc_now,
    )
    return Counter(
        views=ViewStore(table, clock=utc_now),
        clock=utc_now,
        most_paths=policy().paths_per_site_day,
    )


def lambda_handler(event: Event, _context: Any) -> dict[str, Any]:
    return handle(event, wire())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log.quiet_libraries()
    wire()
