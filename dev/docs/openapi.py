"""docs/openapi.json from the handlers' own routes and models: one document for both APIs."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver

from dev.docs.deps import (
    SITES,
    chat_deps,
    console_deps,
    dsar_deps,
    leads_deps,
    replies_deps,
    sign_in_deps,
    web_deps,
)
from functions.chat import handler as chat
from functions.dsar import handler as dsar
from functions.leads import handler as leads
from functions.replies import handler as replies
from functions.sign_in import handler as sign_in
from functions.web import handler as web
from leadlayer.chat.model import ChatReply
from leadlayer.console.access import Routes
from leadlayer.console.app import routes_of
from leadlayer.core.errors import PROBLEM_JSON

_TITLE = "LeadLayer"
_VERSION = "1"
_SCRIPT = {"text/javascript": {"schema": {"type": "string"}}}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; decide by it"},
        "id": {"type": "string", "description": "with `already_created`: what was made before"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}
# What Powertools cannot read off a route: other media types than JSON, answers without a body.
_SUCCESSES: dict[tuple[str, str], dict[str, Any]] = {
    ("/widget.js", "get"): {"200": {"description": "The script", "content": _SCRIPT}},
    ("/widget.v1.js", "get"): {"200": {"description": "The script", "content": _SCRIPT}},
    ("/v1/sites/{site}/chat", "get"): {"204": {"description": "The chat is warm"}},
    ("/v1/sites/{site}/chat", "post"): {
        "200": {
            "description": (
                "With `Accept: text/event-stream` the events `start {conversation, token}`, "
                "`delta {text}`, `lead {captured}`, and at the end `done {}` or "
                "`error {code, retryable}`; else the whole answer"
            ),
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/ChatReply"}},
                "text/event-stream": {"schema": {"type": "string"}},
            },
        }
    },
    ("/v1/sites/{site}/conversations/{conversation}", "delete"): {
        "204": {"description": "The conversation is gone"}
    },
}
_OF_A_CONVERSATION = (
    ("/v1/sites/{site}/conversations/{conversation}", "delete"),
    ("/v1/sites/{site}/conversations/{conversation}/replies", "get"),
)
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "random, one per message or lead; a retry sends the same and is answered once",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}
_SECURITY = {
    "customer": {
        "type": "http",
        "scheme": "bearer",
        "description": "a session's token (`lls_…`) or an API key (`llk_…`)",
    },
    "visitor": {
        "type": "http",
        "scheme": "bearer",
        "description": "the token of the visitor's own conversation",
    },
    "requester": {
        "type": "http",
        "scheme": "bearer",
        "description": "the token that was given to whoever made the request",
    },
}
# Where a client may send again what it got no answer to.
_SENT_AGAIN = (
    "/v1/sites/{site}/chat",
    "/v1/sites/{site}/leads",
    "/v1/sites/{site}/leads/{lead}/notes",
    "/v1/sites/{site}/conversations/{conversation}/messages",
    "/v1/sites",
    "/v1/members",
    "/v1/api-keys",
    "/v1/webhooks",
    "/v1/exports",
    "/v1/deletions",
    "/v1/requests/{request}/steps",
    "/v1/requests/{request}/denial",
    "/v1/privacy/requests",
)
# Every refusal has one form, so the description says it once per class of status.
_REFUSALS = {
    "description": "Refused; `code` says why",
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
# API Gateway refuses what its authorizer refuses, before a function of ours is asked.
_REFUSALS_OF_CUSTOMERS = {
    "description": (
        "Refused; `code` says why. Without `code`: nobody is signed in with this credential"
    ),
    "content": {
        PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}},
        "application/json": {"schema": {"$ref": "#/components/schemas/GatewayRefusal"}},
    },
}
_GATEWAY_REFUSAL = {
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": "string"}},
}
_PIXEL = {
    "get": {
        "tags": ["widget"],
        "summary": "Count a page view",
        "operationId": "count_view",
        "parameters": [
            {"name": "site", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "p", "in": "query", "schema": {"type": "string"}, "description": "the path"},
            {
                "name": "c",
                "in": "query",
                "schema": {"type": "string", "enum": ["1"]},
                "description": "the visitor consented, for sites whose pixel mode is `consent`",
            },
        ],
        "responses": {
            "200": {
                "description": "Always the same 43-byte GIF",
                "headers": {
                    "X-LeadLayer-Reason": {
                        "schema": {"type": "string"},
                        "description": "why the view was not counted",
                    }
                },
                "content": {"image/gif": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    }
}


def render() -> str:
    console = routes_of(console_deps())
    document = _merged(
        [
            web.routes(web_deps(), SITES),
            leads.routes(leads_deps(), SITES),
            chat.routes(chat_deps(), SITES, []),
            replies.routes(replies_deps(), SITES),
            sign_in.routes(sign_in_deps()),
            dsar.routes(dsar_deps()),
            console.app,
        ]
    )
    _describe_security(document, console)
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _merged(apps: list[APIGatewayHttpResolver | APIGatewayRestResolver]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for app in apps:
        part = json.loads(app.get_openapi_json_schema(title=_TITLE, version=_VERSION))
        merged.setdefault("openapi", part["openapi"])
        merged.setdefault("info", part["info"])
        for path, operations in part["paths"].items():
            merged.setdefault("paths", {}).setdefault(path, {}).update(operations)
        schemas = merged.setdefault("components", {}).setdefault("schemas", {})
        _add_schemas(schemas, part.get("components", {}).get("schemas", {}))
    merged["paths"]["/v1/sites/{site}/p.gif"] = _PIXEL
    merged["components"]["schemas"]["ChatReply"] = ChatReply.model_json_schema()
    for (path, verb), responses in _SUCCESSES.items():
        merged["paths"][path][verb]["responses"] = responses
    for path in _SENT_AGAIN:
        merged["paths"][path]["post"].setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    _describe_refusals(merged)
    _describe_empty_answers(merged)
    return merged


def _add_schemas(schemas: dict[str, Any], more: dict[str, Any]) -> None:
    """Raises ValueError when two models of different form have one name."""
    for name, schema in more.items():
        if schemas.setdefault(name, schema) != schema:
            message = f"two models are called {name}"
            raise ValueError(message)


def _describe_security(document: dict[str, Any], console: Routes) -> None:
    """Who has to say who they are: callers of the console, but for its open routes, visitors
    about their own conversation, and people about what they asked."""
    document["components"]["securitySchemes"] = _SECURITY
    document["components"]["schemas"]["GatewayRefusal"] = _GATEWAY_REFUSAL
    for rule in console.rules:
        path = rule.path.replace("<", "{").replace(">", "}")
        operation = document["paths"][path][rule.method.lower()]
        operation["security"] = [] if rule.action is None else [{"customer": []}]
        if rule.action is not None:
            operation["responses"]["4XX"] = _REFUSALS_OF_CUSTOMERS
    for path, operations in document["paths"].items():
        if path.startswith("/v1/privacy/requests/"):
            for operation in operations.values():
                operation["security"] = [{"requester": []}]
    for path, verb in _OF_A_CONVERSATION:
        # The same address at either API: a customer's people delete it too.
        operation = document["paths"][path][verb]
        operation["security"] = [*operation.get("security", []), {"visitor": []}]
        # Without an id in it the address is one of the console's, whose authorizer answers.
        operation["responses"]["4XX"] = _REFUSALS_OF_CUSTOMERS


def _describe_empty_answers(document: dict[str, Any]) -> None:
    """A 204 has no body (RFC 9110, 15.3.5), our 303 none; Powertools describes one all the same."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for status in ("204", "303"):
                operation["responses"].get(status, {}).pop("content", None)


def _describe_refusals(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for generated in ("HTTPValidationError", "ValidationError"):
        schemas.pop(generated, None)
    schemas["Problem"] = _PROBLEM
    for path, operations in document["paths"].items():
        if path.endswith("p.gif"):
            continue
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"] |= {"4XX": _REFUSALS, "5XX": _REFUSALS}
