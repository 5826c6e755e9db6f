"""API Gateway's two event formats, read the same way; header names in any case.

`sam local` keeps the case of header names, AWS sends lower case, the REST API keeps the sender's.
"""

import base64
import ipaddress
from collections.abc import Mapping
from typing import Any

from leadlayer.core.errors import Problem, malformed

MAX_BODY_BYTES = 16 * 1024
Event = Mapping[str, Any]


def header(event: Event, name: str) -> str | None:
    wanted = name.lower()
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def method(event: Event) -> str:
    context = event.get("requestContext", {})
    return str(event.get("httpMethod") or context.get("http", {}).get("method", "")).upper()


def query(event: Event, name: str) -> str | None:
    parameters: Mapping[str, str] = event.get("queryStringParameters") or {}
    return parameters.get(name)


def path_parameter(event: Event, name: str) -> str:
    parameters: Mapping[str, str] = event.get("pathParameters") or {}
    return parameters.get(name) or ""


def body_text(event: Event, *, most: int = MAX_BODY_BYTES) -> str:
    """The body as sent. Raises Problem when it is over `most` bytes or not UTF-8."""
    body = event.get("body") or ""
    try:
        is_base64 = event.get("isBase64Encoded")
        raw = base64.b64decode(body, validate=True) if is_base64 else body.encode()
        if len(raw) > most:
            raise Problem(413, "body_too_large", f"At most {most} bytes are read.")
        return raw.decode()
    except ValueError:  # not base64, or not UTF-8
        raise malformed() from None


def network(event: Event) -> str:
    """The caller's /24 or /64, for rate limits only; never stored and never logged (P24, P25)."""
    context = event.get("requestContext", {})
    address = context.get("http", {}).get("sourceIp") or context.get("identity", {}).get("sourceIp")
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))
