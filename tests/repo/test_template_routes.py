"""Template, folders, event files and integration tests must name the same functions and routes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repo.template import ROOT, Plant, Rule, Template, faults_after, functions, load

_METHODS: dict[str, set[str]] = {
    "web": {
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
}
# At least one good request and two bad ones for whatever a stranger can call.
_CASES: dict[str, set[str]] = {
    "web": {"widget_js", "widget_config", "unknown_site", "foreign_origin"},
    "leads": {"valid", "no_consent", "foreign_origin", "unknown_field", "not_utf8"},
    "pixel": {"valid", "gpc", "unknown_site", "personal_path"},
    "chat": {"json", "stream", "warm", "too_long", "spoofed_token", "malformed"},
    "mailer": {"stream", "schedule"},
}


def routes(template: Template) -> dict[str, set[str]]:
    return {name: set(_routes_of(each)) for name, each in functions(template).items()}


def _routes_of(function: dict[str, Any]) -> list[str]:
    events = function["Events"].values()
    called = [event["Properties"] for event in events if event["Type"] in {"HttpApi", "Api"}]
    return [f"{each['Method'].upper()} {each['Path']}" for each in called]


def wrong_routes(template: Template) -> list[str]:
    found = routes(template)
    names = found.keys() | _METHODS.keys()
    return [name for name in names if found.get(name) != _METHODS.get(name)]


def unanswered_preflights(template: Template) -> list[str]:
    """The gateway answers no OPTIONS for us. An image (the pixel) is fetched without asking."""
    faults: list[str] = []
    for name, found in routes(template).items():
        asked = {route.split(" ")[1] for route in found}
        missing = {path for path in asked if f"OPTIONS {path}" not in found}
        faults += [f"{name}: {path}" for path in missing if not path.endswith(".gif")]
    return faults


def missing_folders(template: Template, root: Path = ROOT) -> list[str]:
    folders = {handler.parent.name for handler in root.glob("functions/*/handler.py")}
    return sorted(folders ^ functions(template).keys())


def missing_events(template: Template, root: Path = ROOT) -> list[str]:
    held = {path.name.removesuffix(".json") for path in root.glob("events/*.json")}
    wanted = {f"{name}.{case}" for name, cases in _CASES.items() for case in cases}
    strangers = {each for each in held if each.split(".")[0] not in functions(template)}
    return sorted((wanted - held) | strangers)


def missing_tests(template: Template, root: Path = ROOT) -> list[str]:
    paths = {name: f"tests/integration/test_{name}.py" for name in functions(template)}
    return [f"write {path}" for path in paths.values() if not (root / path).is_file()]


def _add_function(template: Template) -> None:
    chat = template["Resources"]["ChatFunction"]
    properties = {**chat["Properties"], "CodeUri": "../functions/stray"}
    template["Resources"]["StrayFunction"] = {**chat, "Properties": properties}


def _drop_preflight(template: Template) -> None:
    del functions(template)["leads"]["Events"]["SubmitPreflight"]


PLANTED: list[tuple[Rule, Plant]] = [
    (wrong_routes, _drop_preflight),
    (unanswered_preflights, _drop_preflight),
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
    if name == "mailer":
        assert "Records" in event or event["source"] == "aws.scheduler"
        return
    route = event.get("routeKey") or f"{event['httpMethod']} {event['resource']}"
    assert route in routes(load())[name]


@pytest.mark.parametrize("path", sorted(ROOT.glob("events/*.json")), ids=lambda path: path.stem)
def test_events_use_addresses_reserved_for_documentation_only(path: Path) -> None:
    event = json.loads(path.read_text("utf-8"))
    context = event.get("requestContext", {})
    addresses = {
        context.get("http", {}).get("sourceIp"),
        context.get("identity", {}).get("sourceIp"),
    }
    assert addresses <= {None, "203.0.113.7"}
