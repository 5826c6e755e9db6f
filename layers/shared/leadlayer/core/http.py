"""How a function answers HTTP: what may come in, problem+json for what may not, CORS by site.

The guard runs before Powertools: its validation lets four kinds of hostile body escape as a 500
(multipart without boundary, base64 that is not UTF-8, very deep JSON, very long integers).
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler import (
    APIGatewayHttpResolver,
    APIGatewayRestResolver,
    Response,
)
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from leadlayer.core import log
from leadlayer.core.errors import (
    PROBLEM_JSON,
    Problem,
    internal,
    malformed,
    not_found,
    origin_not_allowed,
)
from leadlayer.core.events import (
    MAX_BODY_BYTES,
    Event,
    body_text,
    header,
    method,
    path_parameter,
)

App = APIGatewayHttpResolver | APIGatewayRestResolver
AllowedOrigins = Callable[[str], Sequence[str]]
Handler = Callable[[Event, Any], dict[str, Any]]

# HSTS for two years, as the preload list asks (hstspreload.org); the rest: an API is not a page.
_SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_WITH_BODY = ("POST", "PUT", "PATCH")
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "content-type, accept, authorization, idempotency-key",
    "Access-Control-Max-Age": "600",
}


def http_app(*, rest: bool = False) -> App:
    """A router whose refusals are all problem+json. `rest` is for the REST API of the chat."""
    app: App = (APIGatewayRestResolver if rest else APIGatewayHttpResolver)(enable_validation=True)
    app.exception_handler(Problem)(problem_response)
    app.exception_handler(RequestValidationError)(_invalid)
    app.not_found(_missing)
    app.exception_handler(Exception)(_crashed)
    return app


def answering(app: App, *, origins: AllowedOrigins) -> Handler:
    """A Lambda handler around a router. `origins` gives the origins that a site answers; it may
    raise Problem."""
    return lambda event, context: _answer(app, event, context, origins)


def answering_callers(app: App, *, enter: Callable[[Event], None], most: int) -> Handler:
    """The same for routes that nobody calls from another origin: without CORS. `enter` lets a
    request in or raises Problem; bodies of up to `most` bytes are read."""

    def answer(event: Event, context: Any) -> dict[str, Any]:
        def step() -> dict[str, Any]:
            enter(event)
            plain = with_some_body(event)
            check_body(plain, most=most)
            return app.resolve(_for_router(plain), context)

        return _finish(_safely(step), None)

    return answer


def _answer(app: App, event: Event, context: Any, origins: AllowedOrigins) -> dict[str, Any]:
    """The whole way of a request: origin, body, route, headers. Never raises."""
    allowed: str | None = None

    def step() -> dict[str, Any]:
        nonlocal allowed
        allowed = _allowed_origin(event, origins)
        if method(event) == "OPTIONS":
            return _plain(204, _PREFLIGHT_HEADERS)
        check_body(event)
        return app.resolve(_for_router(event), context)

    return _finish(_safely(step), allowed)


def _safely(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a step answers, or the problem that it met. Never raises."""
    try:
        return step()
    except Problem as problem:
        return _to_dict(problem_response(problem))
    except Exception as error:  # noqa: BLE001  # the boundary: nothing of it may reach the caller or the log
        return _to_dict(_crashed(error))


def check_body(event: Event, *, most: int = MAX_BODY_BYTES) -> None:
    """Raises Problem unless the body is what the API takes: JSON, UTF-8, small enough, sane."""
    if method(event) not in _WITH_BODY:
        return
    content_type = (header(event, "content-type") or "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Send the body as application/json.")
    text = body_text(event, most=most)
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        # Lone surrogates are legal in JSON's escapes and illegal in every store behind us.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise malformed() from None


def with_some_body(event: Event) -> Event:
    """A call that needs no body may come without one, which is the same as an empty object."""
    if event.get("body") or method(event) not in _WITH_BODY:
        return event
    headers: dict[str, str] = event.get("headers") or {}
    others = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return {
        **event,
        "headers": others | {"content-type": "application/json"},
        "body": "{}",
        "isBase64Encoded": False,
    }


def _for_router(event: Event) -> dict[str, Any]:
    """The event in the one spelling that Powertools reads."""
    plain = _with_plain_content_type(event)
    context: dict[str, Any] = plain.get("requestContext") or {}
    stage = context.get("stage")
    # `sam local` gives HTTP API events the stage of the REST API, and the router would cut its
    # length off the path, which does not begin with it.
    if plain.get("version") == "2.0" and not plain["rawPath"].startswith(f"/{stage}/"):
        plain["requestContext"] = context | {"stage": "$default"}
    return plain


def _with_plain_content_type(event: Event) -> dict[str, Any]:
    """Media types are case-insensitive (RFC 9110, 8.3.1); Powertools answers 500 to capitals."""
    headers: dict[str, str] = event.get("headers") or {}
    plain = {
        name: value.lower() if name.lower() == "content-type" else value
        for name, value in headers.items()
    }
    return {**event, "headers": plain}


def problem_response(problem: Problem) -> Response[str]:
    return Response(problem.status, PROBLEM_JSON, problem.body(), headers=dict(problem.headers()))


def _allowed_origin(event: Event, origins: AllowedOrigins) -> str | None:
    """The caller's origin when the site answers it. No Origin header: no browser elsewhere."""
    site_id = path_parameter(event, "site")
    if not site_id:
        return "*"
    site_origins = origins(site_id)
    origin = header(event, "origin")
    if origin is None:
        return None
    if origin not in site_origins:
        raise origin_not_allowed()
    return origin


def _finish(result: dict[str, Any], allowed_origin: str | None) -> dict[str, Any]:
    headers: dict[str, str] = result.get("headers") or {}
    # The REST resolver answers with lists of values; one value each is all we send.
    lists: dict[str, list[str]] = result.pop("multiValueHeaders", None) or {}
    for name, values in lists.items():
        headers.setdefault(name, ", ".join(values))
    headers.setdefault("Cache-Control", "no-store")
    headers |= _SECURITY_HEADERS
    if allowed_origin is not None:
        headers["Access-Control-Allow-Origin"] = allowed_origin
        # The widget tells a visitor how long to wait.
        headers["Access-Control-Expose-Headers"] = "Retry-After"
        if allowed_origin != "*":
            headers["Vary"] = "Origin"
    return result | {"headers": headers}


def _to_dict(response: Response[str]) -> dict[str, Any]:
    headers = {name: str(value) for name, value in response.headers.items()}
    headers["Content-Type"] = response.content_type or PROBLEM_JSON
    return _plain(response.status_code, headers) | {"body": response.body or ""}


def _plain(status: int, headers: dict[str, str]) -> dict[str, Any]:
    return {"statusCode": status, "headers": dict(headers), "body": "", "isBase64Encoded": False}


def _invalid(error: RequestValidationError) -> Response[str]:
    """Where and in which way the body is wrong; never what it held."""
    errors = [
        {
            "field": ".".join(str(part)[:64] for part in item["loc"][1:]) or "body",
            "reason": item["type"],
        }
        for item in error.errors()[:20]
    ]
    return problem_response(
        Problem(422, "invalid_request", "The body does not have the expected form.", errors=errors)
    )


def _missing(_: NotFoundError) -> Response[str]:
    return problem_response(not_found())


def _crashed(error: Exception) -> Response[str]:
    log.failure("unhandled", error)
    return problem_response(internal())


def _refuse_constant(_: str) -> NoReturn:
    """NaN and Infinity are not JSON (RFC 8259), though Python reads them."""
    raise ValueError
