"""Somebody is told: of crashes, which Lambda counts, and of what the handlers catch and log."""

import json
import re
from typing import Any

import pytest

from leadlayer.core import log
from tests.repo.template import (
    ROOT,
    Plant,
    Rule,
    Template,
    as_list,
    faults_after,
    functions,
    load,
    logical,
    planted,
    planted_property,
    resources,
)

# How core/log.py marks a failure.
_FAILURE = '{ ($.level = "error") || ($.error_type = "*") }'
_EVENT = re.compile(r'\$\.event = "(\w+)"')


def alarms(template: Template) -> list[str]:
    watched = {
        (each["MetricName"], each["Dimensions"][0]["Value"].get("Ref"))
        for each in resources(template, "AWS::CloudWatch::Alarm").values()
        if "Dimensions" in each
    }
    wanted = {("Errors", f"{logical(name)}Function") for name in functions(template)}
    silent = [
        name
        for name, each in resources(template, "AWS::CloudWatch::Alarm").items()
        if each.get("AlarmActions") != [{"Ref": "Alarms"}]
    ]
    return [*map(str, sorted(wanted - watched)), *silent]


def logged_failures(template: Template) -> list[str]:
    """Handlers catch what goes wrong, so Lambda counts no error: the logs have to ring."""
    counted = {
        (each["LogGroupName"]["Ref"], each["FilterPattern"], _metric(transformation))
        for each in resources(template, "AWS::Logs::MetricFilter").values()
        for transformation in each["MetricTransformations"]
    }
    watched = {
        (str(each.get("Namespace")), each.get("MetricName"))
        for each in resources(template, "AWS::CloudWatch::Alarm").values()
    }
    ringing = {(group, pattern) for group, pattern, metric in counted if metric in watched}
    groups = {f"{logical(name)}Logs" for name in functions(template)}
    wanted = {(group, _FAILURE) for group in groups}
    wanted |= {
        ("ChatLogs", '{ $.event = "model_failed" }'),
        ("MailerLogs", '{ $.event = "mail_failed" }'),
    }
    return sorted(map(str, wanted - ringing))


def _metric(transformation: dict[str, Any]) -> tuple[str, str]:
    return str(transformation["MetricNamespace"]), transformation["MetricName"]


PLANTED: list[tuple[Rule, Plant]] = [
    (alarms, planted("Resources.ChatErrors.Type", "AWS::SNS::Topic")),
    (alarms, planted_property("MailerBehind.AlarmActions", [])),
    (logged_failures, planted_property("LeadsFailuresLogged.LogGroupName", {"Ref": "WebLogs"})),
    (logged_failures, planted_property("PixelFailuresLogged.FilterPattern", "ERROR")),
    (logged_failures, planted_property("ModelFailed.Namespace", "AWS/Lambda")),
    (logged_failures, planted("Resources.MailFailed.Type", "AWS::SNS::Topic")),
]
RULES = list(dict.fromkeys(rule for rule, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_template_rings(rule: Rule) -> None:
    assert rule(load()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda value: value.__name__)
def test_a_planted_fault_is_found_by(rule: Rule, plant: Plant) -> None:
    assert faults_after(plant, rule) != []


def test_every_event_that_rings_is_written_by_some_code() -> None:
    filters = resources(load(), "AWS::Logs::MetricFilter").values()
    named = {name for each in filters for name in _EVENT.findall(each["FilterPattern"])}
    places = [*ROOT.glob("functions/*/*.py"), *ROOT.glob("layers/shared/leadlayer/**/*.py")]
    code = "".join(place.read_text("utf-8") for place in places)
    assert named == {"model_failed", "mail_failed"}
    assert {name for name in named if f'"{name}"' not in code} == set()


def test_a_failure_is_logged_with_what_the_filters_look_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.failure("anything", ValueError("never logged"))
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["error_type"]) == ("error", "ValueError")


def test_no_alarm_reads_more_metrics_than_an_alarm_may() -> None:
    found = resources(load(), "AWS::CloudWatch::Alarm").values()
    counts = [sum("MetricStat" in query for query in each.get("Metrics", [])) for each in found]
    assert max(counts) in range(5, 11)


def test_every_alarm_that_needs_metric_math_is_left_out_of_the_local_stack() -> None:
    found = load()["Resources"].items()
    math = {name: each for name, each in found if "Metrics" in as_list(each.get("Properties"))[0]}
    assert {each.get("Condition") for each in math.values()} == {"KnowsMetricMath"}
