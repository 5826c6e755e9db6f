"""Reads infra/template.yaml as data, with CloudFormation's short tags in their long form."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
Template = dict[str, Any]
Rule = Callable[[Template], list[str]]
Plant = Callable[[Template], object]


class _Loader(yaml.SafeLoader):
    """Knows !Ref, !Sub and their like."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


@cache
def _parsed() -> Template:
    text = (ROOT / "infra" / "template.yaml").read_text("utf-8")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with tags added


def load() -> Template:
    return deepcopy(_parsed())


def faults_after(plant: Plant, rule: Rule) -> list[str]:
    """What a rule says of the template once a fault was planted in a copy of it."""
    template = load()
    plant(template)
    return rule(template)


def planted(path: str, value: Any) -> Plant:
    """Plant a value at a dotted path of the template; None takes it out."""

    def plant(template: Template) -> None:
        *parents, last = path.split(".")
        node = template
        for parent in parents:
            node = node[parent]
        node[last] = value

    return plant


def planted_property(name: str, value: Any) -> Plant:
    resource, _, path = name.partition(".")
    return planted(f"Resources.{resource}.Properties.{path}", value)


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    found = template["Resources"].items()
    return {name: each["Properties"] for name, each in found if each["Type"] == kind}


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """By folder name: ChatFunction with CodeUri ../functions/chat is `chat`."""
    found = resources(template, "AWS::Serverless::Function").values()
    return {Path(each["CodeUri"]).name: each for each in found}


def logical(name: str) -> str:
    """How the template's resources call a function: `sign_in` is `SignIn`."""
    return "".join(part.capitalize() for part in name.split("_"))


def is_public(function: dict[str, Any]) -> bool:
    """Called by a stranger, or, as the authorizer, before a stranger's call."""
    events = function.get("Events", {}).values()
    return not events or any(event["Type"] in {"HttpApi", "Api"} for event in events)


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role, also those that a condition may leave out."""
    for name, role in resources(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield from ((name, each) for each in _branches(statement))


def _branches(statement: dict[str, Any]) -> list[dict[str, Any]]:
    if "Fn::If" not in statement:
        return [statement]
    branches: list[dict[str, Any]] = statement["Fn::If"][1:]
    return [each for each in branches if "Effect" in each]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(node: Any) -> Iterator[str]:
    """Every string inside a value, however deep."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
