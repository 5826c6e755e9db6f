"""Template, folders, event files and integration tests must name the same functions and routes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dev.docs.deps import (
    SITES,
    console_deps,
    dsar_deps,
    leads_deps,
    replies_deps,
    sign_in_deps,
    web_deps,
)
from functions.dsar import handler as dsar
from functions.leads import handler as leads
from functions.replies import handler as replies
from functions.sign_in import handler as sign_in
from functions.web import handler as web
from leadlayer.console.app import routes_of
from leadlayer.core.http import App
from tests.repo.template import (
    ROOT,
    Plant,
    Rule,
    Template,
    faults_after,
    functions,
    is_public,
    load,
)

_METHODS: dict[str, set[str]] = {
    "web": {"GET /console", "GET /console/{file}", "$default"}
    | {
        f"{method} {path}"
        for method in ("GET", "OPTIONS")
        for path in (
            "/widget.js",
            "/widget.v1.js",
            "/v1/sites/{site}/widget",
            "/v1/privacy/policy",
            "/v1/privacy/sub-processors",
        )
    },
    "leads": {"POST /v1/sites/{site}/leads", "OPTIONS /v1/sites/{site}/leads"},
    "pixel": {"GET /v1/sites/{site}/p.gif"},
    "chat": {
        "POST /v1/sites/{site}/chat",
        "GET /v1/sites/{site}/chat",
        "OPTIONS /v1/sites/{site}/chat",
        "DELETE /v1/sites/{site}/conversations/{id}",
        "OPTIONS /v1/sites/{site}/conversations/{id}",
    },
    "mailer": set(),
    "sign_in": {"POST /v1/sign-up", "POST /v1/sign-in", "POST /v1/sessions"},
    "dsar": {
        f"{verb} /v1/privacy/requests{rest}"
        for method, rest in (
            ("POST", ""),
            ("GET", "/{request}"),
            ("POST", "/{request}/verify"),
            ("POST", "/{request}/code"),
            ("POST", "/{request}/withdraw"),
        )
        for verb in (method, "OPTIONS")
    },
    "authorizer": set(),
    "console": {"ANY /v1/{proxy+}", "GET /v1/downloads/{token}"},
    "replies": {
        "GET /v1/sites/{site}/conversations/{id}/replies",
        "OPTIONS /v1/sites/{site}/conversations/{id}/replies",
    },
    "webhooks": set(),
    "jobs": set(),
    "purge": set(),
}
# Called by the console's page, which has the API's own origin, so that no browser asks before.
_SAME_ORIGIN = ("/console", "/v1/{proxy+}", "/v1/downloads/", "/v1/sign-", "/v1/sessions")
# At least one good request and two bad ones for whatever a stranger can call.
_CASES: dict[str, set[str]] = {
    "web": {"widget_js", "widget_config", "unknown_site", "foreign_origin"},
    "leads": {"valid", "no_consent", "foreign_origin", "unknown_field", "not_utf8"},
    "pixel": {"valid", "gpc", "unknown_site", "personal_path"},
    "chat": {"json", "stream", "warm", "too_long", "spoofed_token", "malformed"},
    "mailer": {"stream", "schedule", "sign_in"},
    "sign_in": {"sign_up", "sign_in", "session", "unknown_address", "no_challenge", "not_json"},
    "dsar": {"request", "status", "unknown_site", "no_contact", "not_json", "preflight"},
    "authorizer": {"session", "api_key", "no_token"},
    "console": {"account", "foreign_site", "no_authorizer", "download", "not_json"},
    "replies": {"poll", "preflight", "foreign_origin", "spoofed_token"},
    "webhooks": {"lead", "conversation", "delivery", "schedule"},
    "jobs": {"export", "malformed", "schedule"},
    "purge": {"schedule", "dry_run"},
}


def routes(template: Template) -> dict[str, set[str]]:
    return {name: set(_routes_of(each)) for name, each in functions(template).items()}


def _routes_of(function: dict[str, Any]) -> list[str]:
    return [route for route, _ in _called(function, "HttpApi", "Api")]


def _called(function: dict[str, Any], *apis: str) -> list[tuple[str, dict[str, Any]]]:
    events = function.get("Events", {}).values()
    called = [event["Properties"] for event in events if event["Type"] in apis]
    return [(_route(each), each) for each in called]


def _route(event: dict[str, Any]) -> str:
    """An event without a path takes what no other route takes."""
    return f"{event['Method'].upper()} {event['Path']}" if "Path" in event else "$default"


def wrong_routes(template: Template) -> list[str]:
    found = routes(template)
    names = found.keys() | _METHODS.keys()
    return [name for name in names if found.get(name) != _METHODS.get(name)]


def unanswered_preflights(template: Template) -> list[str]:
    """The gateway answers no OPTIONS for us. An image (the pixel) is fetched without asking."""
    faults: list[str] = []
    for name, found in routes(template).items():
        asked = {route.split(" ")[1] for route in found if " " in route}
        foreign = {path for path in asked if not path.startswith(_SAME_ORIGIN)}
        missing = {path for path in foreign if f"OPTIONS {path}" not in found}
        faults += [f"{name}: {path}" for path in missing if not path.endswith(".gif")]
    return faults


def open_doors(template: Template) -> list[str]:
    """Which routes let nobody in without the authorizer: all of the console's but the download,
    whose token is in its path, and none of the visitors'."""
    closed = {
        route
        for each in functions(template).values()
        for route, event in _called(each, "HttpApi")
        if event.get("Auth") == {"Authorizer": "Customer"}
    }
    return sorted(closed ^ {"ANY /v1/{proxy+}"})


def chosen(template: Template, method: str, path: str) -> tuple[str, str]:
    """Function and route that API Gateway takes: a full match, a greedy one, or the default.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html"""
    found = [
        (name, route)
        for name, each in functions(template).items()
        for route, _ in _called(each, "HttpApi")
        if _fits(route, method, path)
    ]
    return min(found, key=lambda each: (each[1] == "$default", "+}" in each[1], each[1].count("{")))


def _fits(route: str, method: str, path: str) -> bool:
    verb, _, pattern = route.partition(" ")
    if not pattern:
        return True
    parts = re.split(r"(\{\w+\+?\})", pattern)
    kinds = [
        (".+" if "+" in each else "[^/]+") if "{" in each else re.escape(each) for each in parts
    ]
    return verb in {method, "ANY"} and re.fullmatch("".join(kinds), path) is not None


def unreachable_rules(template: Template) -> list[str]:
    """Routes that the code declares and no caller gets to, or not through the right door."""
    faults: list[str] = []
    for rule in routes_of(console_deps()).rules:
        path = re.sub(r"<\w+>", "x1", rule.path)
        name, route = chosen(template, rule.method, path)
        through = "ANY /v1/{proxy+}" if rule.action else "GET /v1/downloads/{token}"
        if (name, route) != ("console", through):
            faults.append(f"{rule.call}: {name}, {route}")
    for name, app in _OPEN_APPS.items():
        for path, operations in json.loads(_schema(app))["paths"].items():
            for verb in operations:
                got, _ = chosen(template, verb.upper(), re.sub(r"\{\w+\}", "x1", path))
                faults += [f"{name}: {verb} {path}: {got}"] if got != name else []
    return faults


def _schema(app: App) -> str:
    return app.get_openapi_json_schema(title="any", version="1")


_OPEN_APPS = {
    "web": web.routes(web_deps(), SITES),
    "leads": leads.routes(leads_deps(), SITES),
    "replies": replies.routes(replies_deps(), SITES),
    "sign_in": sign_in.routes(sign_in_deps()),
    "dsar": dsar.routes(dsar_deps()),
}


def crowded_policies(template: Template) -> list[str]:
    """Each route is a statement of some 400 bytes in its function's policy, which holds 20 KB.
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    return [name for name, found in routes(template).items() if len(found) * 400 > 20_000 * 0.75]


def missing_folders(template: Template, root: Path = ROOT) -> list[str]:
    folders = {handler.parent.name for handler in root.glob("functions/*/handler.py")}
    return sorted(folders ^ functions(template).keys())


def missing_events(template: Template, root: Path = ROOT) -> list[str]:
    held = {path.name.removesuffix(".json") for path in root.glob("events/*.json")}
    wanted = {f"{name}.{case}" for name, cases in _CASES.items() for case in cases}
    strangers = {each for each in held if each.split(".")[0] not in functions(template)}
    return sorted((wanted - held) | strangers)


def missing_tests(template: Template, root: Path = ROOT) -> list[str]:
    folder = root / "tests" / "integration"
    return [name for name in functions(template) if not list(folder.glob(f"test_*{name}*.py"))]


def _add_function(template: Template) -> None:
    chat = template["Resources"]["ChatFunction"]
    properties = {**chat["Properties"], "CodeUri": "../functions/stray"}
    template["Resources"]["StrayFunction"] = {**chat, "Properties": properties}


def _drop_preflight(template: Template) -> None:
    del functions(template)["leads"]["Events"]["SubmitPreflight"]


def _shadow_the_console(template: Template) -> None:
    events = functions(template)["web"]["Events"]
    path = {"Path": "/v1/account", "Method": "GET"}
    events["Account"] = {"Type": "HttpApi", "Properties": path}


def _lose_the_greedy_route(template: Template) -> None:
    del functions(template)["console"]["Events"]["Everything"]


def _close_to_visitors(template: Template) -> None:
    event = functions(template)["leads"]["Events"]["Submit"]["Properties"]
    event["Auth"] = {"Authorizer": "Customer"}


def _open_to_anybody(template: Template) -> None:
    del functions(template)["console"]["Events"]["Everything"]["Properties"]["Auth"]


def _a_route_each(template: Template) -> None:
    events = functions(template)["console"]["Events"]
    for number in range(60):
        path = {"Path": f"/v1/{number}", "Method": "GET"}
        events[f"Each{number}"] = {"Type": "HttpApi", "Properties": path}


PLANTED: list[tuple[Rule, Plant]] = [
    (wrong_routes, _drop_preflight),
    (unanswered_preflights, _drop_preflight),
    (open_doors, _close_to_visitors),
    (open_doors, _open_to_anybody),
    (unreachable_rules, _shadow_the_console),
    (unreachable_rules, _lose_the_greedy_route),
    (crowded_policies, _a_route_each),
    (missing_folders, _add_function),
    (missing_folders, lambda template: template["Resources"].pop("WebFunction")),
    (missing_events, lambda template: template["Resources"].pop("WebFunction")),
    (missing_tests, _add_function),
]
RULES = list(dict.fromkeys(rule for rule, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_has_no(rule: Rule) -> None:
    assert rule(load()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda value: value.__name__)
def test_a_planted_fault_is_found_by(rule: Rule, plant: Plant) -> None:
    assert faults_after(plant, rule) != []


def test_an_event_file_that_is_gone_is_missed(tmp_path: Path) -> None:
    assert "leads.valid" in missing_events(load(), tmp_path)


@pytest.mark.parametrize("path", sorted(ROOT.glob("events/*.json")), ids=lambda path: path.stem)
def test_every_event_asks_for_a_route_of_its_function(path: Path) -> None:
    event = json.loads(path.read_text("utf-8"))
    name = path.name.split(".")[0]
    if not is_public(functions(load())[name]):
        assert "Records" in event or event["source"] == "aws.scheduler"
        return
    route = event.get("routeKey") or f"{event['httpMethod']} {event['resource']}"
    assert route in routes(load())["console" if name == "authorizer" else name]


@pytest.mark.parametrize("path", sorted(ROOT.glob("events/*.json")), ids=lambda path: path.stem)
def test_events_use_addresses_reserved_for_documentation_only(path: Path) -> None:
    event = json.loads(path.read_text("utf-8"))
    context = event.get("requestContext", {})
    addresses = {
        context.get("http", {}).get("sourceIp"),
        context.get("identity", {}).get("sourceIp"),
    }
    assert addresses <= {None, "203.0.113.7"}
