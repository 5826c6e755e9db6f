"""What a visitor talks to is the alias `live`: each release must move it, or the old code stays.

The versions are read from what SAM's own translator makes of the template.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dev.build.deploy import (
    CONFIG,
    SOURCES,
    STAGES,
    YOURS,
    NotDeployable,
    command,
    overrides,
    release,
)
from tests.repo.template import ROOT, Template, load, resources

_TRANSLATE = """
import json, sys
from samtranslator.translator.transform import transform

class NoPolicies:
    def load(self):
        return {}

template, parameters = json.load(sys.stdin)
json.dump(transform(template, parameters, NoPolicies()), sys.stdout)
"""
_YOURS = "'MailFrom=\"Us <us@c.example>\"'"


def _python_with_sam() -> str:
    """The environment of the local stack has the translator; this one may."""
    if importlib.util.find_spec("samtranslator"):
        return sys.executable
    return str(ROOT / ".venv-stack" / "bin" / "python")


@cache
def _translated(release: str, *, layer: str = "a", code: str = "a", **parameters: str) -> Template:
    """The template as a deploy of these packages would send it, after SAM's transform."""
    template = load()
    for each in resources(template, "AWS::Serverless::Function").values():
        each["CodeUri"] = f"s3://bucket/{each['CodeUri'].rsplit('/')[-1]}-{code}"
    template["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = f"s3://bucket/{layer}"
    values = {"Stage": "prod", "MailFrom": "us@c.example"}
    run = subprocess.run(
        [_python_with_sam(), "-c", _TRANSLATE],
        input=json.dumps([template, values | {"Release": release} | parameters]),
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    translated: Template = json.loads(run.stdout)
    return translated


def _version(translated: Template) -> str:
    """The version that the alias points at, which must be one that the template makes."""
    alias = resources(translated, "AWS::Lambda::Alias")["ChatFunctionAliaslive"]
    name: str = alias["FunctionVersion"]["Fn::GetAtt"][0]
    assert name in resources(translated, "AWS::Lambda::Version")
    return name


def test_each_release_of_chat_is_a_version_of_its_own() -> None:
    first, second = (_translated(each) for each in ("a1" * 32, "b2" * 32))
    assert _version(first) != _version(second)
    # Lambda publishes nothing when neither code nor configuration differ from the last version.
    descriptions = {
        resources(each, "AWS::Lambda::Function")["ChatFunction"]["Description"]
        for each in (first, second)
    }
    assert len(descriptions) == 2


def test_the_same_release_is_the_same_version() -> None:
    again = _translated.__wrapped__("a1" * 32)
    assert _version(_translated("a1" * 32)) == _version(again)


def test_without_a_release_a_new_layer_or_parameter_would_leave_the_old_version_live() -> None:
    """Why there are releases. Should SAM learn to see it, this fails, and they can go."""
    before = _version(_translated(""))
    assert _version(_translated("", layer="b")) == before
    assert _version(_translated("", ModelProvider="bedrock")) == before


def test_without_a_release_new_code_still_makes_a_new_version() -> None:
    assert _version(_translated("")) != _version(_translated("", code="b"))


def test_a_release_is_known_by_what_sam_allows_in_a_name() -> None:
    digest = release(ROOT, {})
    assert digest.isalnum()
    assert len(digest) == 64


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with one file in each place that decides how chat behaves."""
    for source in SOURCES:
        file = tmp_path / source if "." in source else tmp_path / source / "a.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("source", SOURCES)
def test_a_change_of_any_source_is_a_new_release(tree: Path, source: str) -> None:
    before = release(tree, {})
    file = tree / source if "." in source else tree / source / "deeper" / "b.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text("x = 2\n", "utf-8")
    assert release(tree, {}) != before


def test_a_file_that_moved_is_a_new_release(tree: Path) -> None:
    before = release(tree, {})
    (tree / "functions" / "chat" / "a.py").rename(tree / "functions" / "chat" / "b.py")
    assert release(tree, {}) != before


def test_a_parameter_is_a_new_release_and_the_order_of_parameters_is_none(tree: Path) -> None:
    plain = release(tree, {"Stage": "dev", "ModelProvider": "anthropic"})
    assert release(tree, {"Stage": "dev", "ModelProvider": "bedrock"}) != plain
    assert release(tree, {"ModelProvider": "anthropic", "Stage": "dev"}) == plain


def test_other_functions_and_compiled_files_are_no_new_release(tree: Path) -> None:
    before = release(tree, {})
    for place in ("functions/pixel/handler.py", "functions/chat/__pycache__/a.cpython-313.pyc"):
        (tree / place).parent.mkdir(parents=True)
        (tree / place).write_bytes(b"x")
    assert release(tree, {}) == before


def _configure(tree: Path, listed: str) -> None:
    text = f"[dev.deploy.parameters]\nparameter_overrides = [{listed}]\n"
    (tree / CONFIG).write_text(text, "utf-8")


def test_a_deploy_says_every_parameter_of_its_stage_and_the_release(tree: Path) -> None:
    _configure(tree, f"'Stage=dev', {_YOURS}, 'Release=\"\"'")
    run = command(tree, "dev")
    assert run[1:6] == ["deploy", "--config-file", str(CONFIG), "--config-env", "dev"]
    named = run[run.index("--parameter-overrides") + 1 :]
    wanted = {"Stage": "dev", "MailFrom": "Us <us@c.example>"}
    digest = release(tree, {**wanted, "Release": ""})
    assert named == [f'{name}="{value}"' for name, value in {**wanted, "Release": digest}.items()]


@pytest.mark.parametrize("missing", ["", "'ConsoleUrl=https://c.example'", "'MailFrom=\"\"'"])
def test_no_deploy_without_an_address_of_ones_own(tree: Path, missing: str) -> None:
    _configure(tree, f"'Stage=dev', {missing}")
    with pytest.raises(NotDeployable):
        command(tree, "dev")


def test_what_a_deploy_asks_for_is_what_the_template_has_no_default_for() -> None:
    parameters: dict[str, Any] = load()["Parameters"]
    assert {name for name, each in parameters.items() if "Default" not in each} == set(YOURS)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_lists_parameters_that_the_template_knows(stage: str) -> None:
    text = (ROOT / CONFIG).read_text("utf-8")
    listed = tomllib.loads(text)[stage]["deploy"]["parameters"]["parameter_overrides"]
    named = [entry.partition("=")[0] for entry in listed]
    assert set(named) <= load()["Parameters"].keys()
    assert {"AlarmEmail", "ReserveConcurrency", "Release"} <= set(named)
    assert f"Stage={stage}" in listed


@pytest.mark.parametrize("stage", STAGES)
def test_the_commented_parameters_of_a_stage_are_ready_to_use(stage: str) -> None:
    text = (ROOT / CONFIG).read_text("utf-8")
    ready = text.replace('# "ConsoleUrl', '"ConsoleUrl').replace("# 'MailFrom", "'MailFrom")
    found = overrides(ready, stage)
    assert found["ConsoleUrl"] == "https://console.example.com"
    assert found["MailFrom"] == "Example Ltd <no-reply@example.com>"
