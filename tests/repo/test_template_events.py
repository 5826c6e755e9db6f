"""What calls a function when nobody waits, and the authorizer: nothing is lost in silence."""

import json
from typing import Any

import pytest

from tests.repo.template import (
    Plant,
    Rule,
    Template,
    faults_after,
    functions,
    load,
    planted_property,
    resources,
)

_READ_FROM_STREAM = {
    "mailer.Outbox": {"OUTBOX#"},
    "webhooks.Happened": {"LEADS#", "CONV#", "DELIVERY#"},
}


def _events(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Every event of one type, by function and name."""
    return {
        f"{name}.{label}": event["Properties"]
        for name, each in functions(template).items()
        for label, event in each.get("Events", {}).items()
        if event["Type"] == kind
    }


def streams(template: Template) -> list[str]:
    """A record that fails must not stop those behind it, and somebody must hear of it."""
    faults: list[str] = []
    for name, stream in _events(template, "DynamoDB").items():
        checks = {
            "dead letters": "OnFailure" in stream.get("DestinationConfig", {}),
            "retries": 0 < stream.get("MaximumRetryAttempts", -1) <= 10,
            "age": 0 < stream.get("MaximumRecordAgeInSeconds", -1) <= 86_400,
            "partial": stream.get("FunctionResponseTypes") == ["ReportBatchItemFailures"],
            "bisect": stream.get("BisectBatchOnFunctionError") is True,
            "start": stream.get("StartingPosition") == "TRIM_HORIZON",
        }
        faults += [f"{name}: {check}" for check, kept in checks.items() if not kept]
        patterns = [each["Pattern"] for each in stream.get("FilterCriteria", {}).get("Filters", [])]
        if {pk for each in patterns for pk in _prefixes(each)} != _READ_FROM_STREAM[name]:
            faults.append(f"{name}: filter")
    # A shard serves two readers; a third one would slow all of them down.
    return faults if len(_events(template, "DynamoDB")) <= 2 else [*faults, "too many readers"]


def _prefixes(pattern: str) -> list[str]:
    """Which new rows a filter lets through; nothing for one that lets changes through too."""
    filtered = json.loads(pattern)
    if filtered.get("eventName") != ["INSERT"]:
        return []
    return [each["prefix"] for each in filtered["dynamodb"]["Keys"]["pk"]["S"]]


def dead_letters(template: Template) -> list[str]:
    """Whatever is called without anybody waiting has a place where its failures are kept."""
    faults: list[str] = []
    for name, schedule in _events(template, "ScheduleV2").items():
        function = functions(template)[name.split(".")[0]]
        if "Arn" not in schedule.get("DeadLetterConfig", {}):
            faults.append(name)
        if "OnFailure" not in function.get("EventInvokeConfig", {}).get("DestinationConfig", {}):
            faults.append(f"{name}: asynchronous")
    for name, queue in resources(template, "AWS::SQS::Queue").items():
        if queue.get("SqsManagedSseEnabled") is not True:
            faults.append(f"{name}: not encrypted")
    return faults


def job_queue(template: Template) -> list[str]:
    queue = resources(template, "AWS::SQS::Queue")["Jobs"]
    redrive = queue.get("RedrivePolicy", {})
    dead = resources(template, "AWS::SQS::Queue")[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
    source = _events(template, "SQS")["jobs.Queue"]
    checks = {
        "visibility": queue["VisibilityTimeout"] >= 6 * functions(template)["jobs"]["Timeout"],
        "one at a time": source.get("BatchSize") == 1,
        "comes back": source.get("FunctionResponseTypes") == ["ReportBatchItemFailures"],
        "not too many": 2 <= source.get("ScalingConfig", {}).get("MaximumConcurrency", 0) <= 10,
        "given up": 1 < redrive.get("maxReceiveCount", 0) <= 5,
        "kept": dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"],
    }
    return [name for name, kept in checks.items() if not kept]


def authorizer(template: Template) -> list[str]:
    """A revoked credential is out within a minute, and no answer is another credential's."""
    auth = resources(template, "AWS::Serverless::HttpApi")["PublicApi"]["Auth"]
    faults = ["default"] if "DefaultAuthorizer" in auth else []
    customer = auth["Authorizers"]["Customer"]
    identity = customer["Identity"]
    checks = {
        "key": (identity.get("Headers"), identity.get("Context"))
        == (["Authorization"], ["routeKey"]),
        "age": 0 < identity.get("ReauthorizeEvery", 300) <= 30,
        "form": customer.get("AuthorizerPayloadFormatVersion") == "2.0"
        and customer.get("EnableSimpleResponses") is True,
        "permission": customer.get("EnableFunctionDefaultPermissions") is True,
    }
    return faults + [name for name, kept in checks.items() if not kept]


_STREAM = "MailerFunction.Events.Outbox.Properties"
_HAPPENED = "WebhooksFunction.Events.Happened.Properties"
_ALL_CHANGES = {"Filters": [{"Pattern": '{"dynamodb": {"Keys": {"pk": {"S": ["X"]}}}}'}]}
_IDENTITY = "PublicApi.Auth.Authorizers.Customer.Identity"

PLANTED: list[tuple[Rule, Plant]] = [
    (dead_letters, planted_property("MailerDeadLetters.SqsManagedSseEnabled", value=False)),
    (dead_letters, planted_property("JobsFunction.EventInvokeConfig", {})),
    (
        dead_letters,
        planted_property("WebhooksFunction.Events.Due.Properties.DeadLetterConfig", {}),
    ),
    (streams, planted_property(f"{_STREAM}.DestinationConfig", {})),
    (streams, planted_property(f"{_STREAM}.FilterCriteria", {})),
    (streams, planted_property(f"{_HAPPENED}.FilterCriteria", _ALL_CHANGES)),
    (streams, planted_property(f"{_HAPPENED}.FunctionResponseTypes", [])),
    (job_queue, planted_property("Jobs.VisibilityTimeout", 30)),
    (job_queue, planted_property("JobsFunction.Events.Queue.Properties.BatchSize", 10)),
    (job_queue, planted_property("JobsFunction.Events.Queue.Properties.FunctionResponseTypes", [])),
    (job_queue, planted_property("JobsFunction.Events.Queue.Properties.ScalingConfig", {})),
    (job_queue, planted_property("JobsDeadLetters.MessageRetentionPeriod", 60)),
    (authorizer, planted_property("PublicApi.Auth.DefaultAuthorizer", "Customer")),
    (authorizer, planted_property(f"{_IDENTITY}.ReauthorizeEvery", 300)),
    (authorizer, planted_property(f"{_IDENTITY}.Context", [])),
]
RULES = list(dict.fromkeys(rule for rule, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps(rule: Rule) -> None:
    assert rule(load()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda value: value.__name__)
def test_a_planted_fault_is_found_by(rule: Rule, plant: Plant) -> None:
    assert faults_after(plant, rule) != []
