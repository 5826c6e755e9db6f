"""docs/openapi.json from the handlers' own routes and models: one document for both APIs."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver

from dev.docs.deps import SITES, chat_deps, leads_deps, web_deps
from functions.chat import handler as chat
from functions.leads import handler as leads
from functions.web import handler as web
from leadlayer.chat.model import ChatReply
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
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "random, one per message or lead; a retry sends the same and is answered once",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}
# Every refusal has one form, so the description says it once per class of status.
_REFUSALS = {
    "description": "Refused; `code` says why",
    "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
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
    document = _merged(
        [
            web.routes(web_deps(), SITES),
            leads.routes(leads_deps(), SITES),
            chat.routes(chat_deps(), SITES, []),
        ]
    )
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _merged(apps: list[APIGatewayHttpResolver | APIGatewayRestResolver]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for app in apps:
        part = json.loads(app.get_openapi_json_schema(title=_TITLE, version=_VERSION))
        merged.setdefault("openapi", part["openapi"])
        merged.setdefault("info", part["info"])
        merged.setdefault("paths", {}).update(part["paths"])
        schemas = merged.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(part.get("components", {}).get("schemas", {}))
    merged["paths"]["/v1/sites/{site}/p.gif"] = _PIXEL
    merged["components"]["schemas"]["ChatReply"] = ChatReply.model_json_schema()
    for (path, verb), responses in _SUCCESSES.items():
        merged["paths"][path][verb]["responses"] = responses
    for path in ("/v1/sites/{site}/chat", "/v1/sites/{site}/leads"):
        merged["paths"][path]["post"]["parameters"].append(_IDEMPOTENCY_KEY)
    _describe_refusals(merged)
    return merged


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
