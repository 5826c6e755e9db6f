"""API Gateway in a few lines: a WSGI application that calls the handlers with real event forms."""

import base64
import re
from collections.abc import Callable, Iterable
from typing import Any

from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.pixel import handler as pixel
from functions.replies import handler as replies
from functions.sign_in import handler as sign_in
from functions.web import handler as web
from leadlayer.core.streaming import buffered
from leadlayer.views.service import Counter
from tests.console_calls import ConsoleCalls, RecordedLedger, SentJobs
from tests.echo_model import EchoModel
from tests.promises.test_p15_a_pixel_ping_is_one_increment import Store
from tests.world import Context, World

Handler = Callable[[dict[str, Any], Any], Any]
_SITE = r"/v1/sites/(?P<site>[^/]+)"


class Gateway:
    """Routes as the template does: a pattern, a handler, and whether it is behind the REST API."""

    def __init__(self, world: World) -> None:
        settings, table, clock = world.settings, world.table, world.clock

        def keyring():
            return world.keyring

        counter = Counter(views=Store(), clock=clock, most_paths=500)
        public = web.build(web.Deps(settings, table, clock, lambda _: b"x"))
        take_lead = leads.build(leads.Deps(settings, table, clock, keyring))
        talk = chat.build(
            chat.Deps(
                settings,
                table,
                clock,
                EchoModel(),
                keyring,
                RecordedLedger(),
                SentJobs(),
                can_stream=lambda: True,
            )
        )

        calls = ConsoleCalls(world)
        enter = sign_in.build(sign_in.Deps(settings, table, clock, keyring))
        answer = replies.build(replies.Deps(table, clock, keyring))
        # As the authorizer lets in the owner of the demo account.
        owner = calls.event("GET", "/")["requestContext"]["authorizer"]

        def by_owner(event: dict[str, Any], context: Any) -> Any:
            event["requestContext"]["authorizer"] = owner
            return calls.handle(event, context)

        # Specific routes win over the console's, as in the template.
        self._routes: list[tuple[re.Pattern[str], Handler, bool]] = [
            (re.compile(pattern, re.DOTALL), handler, is_rest)
            for pattern, handler, is_rest in (
                (rf"\w+ {_SITE}/p\.gif", lambda e, _: pixel.handle(e, counter), False),
                (rf"POST {_SITE}/leads", take_lead, False),
                (rf"\w+ {_SITE}/chat", talk, True),
                (rf"DELETE {_SITE}/conversations/(?P<id>[^/]+)", talk, True),
                (rf"GET {_SITE}/conversations/(?P<id>[^/]+)/replies", answer, False),
                (rf"GET {_SITE}/widget", public, False),
                (r"POST /v1/(sign-up|sign-in|sessions)", enter, False),
                (r"\w+ /v1/privacy/.*", public, False),
                (r"\w+ /v1/.*", by_owner, False),
                (r".*", public, False),
            )
        ]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        for pattern, handler, is_rest in self._routes:
            if match := pattern.fullmatch(f"{environ['REQUEST_METHOD']} {path}"):
                event = (_rest if is_rest else _http)(environ, path, match.groupdict())
                return _send(handler(event, Context()), start)
        return _send({"statusCode": 404, "headers": {}, "body": ""}, start)


def _parts(environ: dict[str, Any]) -> dict[str, Any]:
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    if content_type := environ.get("CONTENT_TYPE"):
        headers["content-type"] = content_type
    try:
        body, is_base64 = raw.decode(), False
    except UnicodeDecodeError:
        body, is_base64 = base64.b64encode(raw).decode(), True
    return {"headers": headers, "body": body or None, "isBase64Encoded": is_base64}


def _query(environ: dict[str, Any]) -> dict[str, str] | None:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)) or None


def _http(environ: dict[str, Any], path: str, parameters: dict[str, str]) -> dict[str, Any]:
    method = environ["REQUEST_METHOD"]
    http = {"method": method, "path": path, "sourceIp": "198.51.100.7", "protocol": "HTTP/1.1"}
    return _parts(environ) | {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": environ.get("QUERY_STRING", ""),
        "queryStringParameters": _query(environ),
        "pathParameters": {k: v for k, v in parameters.items() if v},
        "requestContext": {"http": http, "stage": "$default", "requestId": "r"},
    }


def _rest(environ: dict[str, Any], path: str, parameters: dict[str, str]) -> dict[str, Any]:
    return _parts(environ) | {
        "resource": path,
        "path": path,
        "httpMethod": environ["REQUEST_METHOD"],
        "queryStringParameters": _query(environ),
        "multiValueQueryStringParameters": None,
        "multiValueHeaders": {},
        "pathParameters": {k: v for k, v in parameters.items() if v},
        "requestContext": {
            "identity": {"sourceIp": "198.51.100.7"},
            "stage": "v",
            "requestId": "r",
        },
    }


def _send(answer: Any, start: Callable[..., Any]) -> Iterable[bytes]:
    result = answer if isinstance(answer, dict) else buffered(answer)
    body = result.get("body") or ""
    raw = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
    start(f"{result['statusCode']} -", list(result["headers"].items()))
    return [raw]
