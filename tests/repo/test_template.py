"""What the template must keep saying: EU only, logs without people in them, limits, https."""

import json
import re
from typing import Any

import pytest

from tests.repo.template import (
    Plant,
    Rule,
    Template,
    faults_after,
    functions,
    is_public,
    load,
    planted,
    planted_property,
    resources,
    texts,
)

# The regions of EU member states: not London, not Zurich, nor the sovereign cloud until tried.
_EU_REGIONS = {
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-3",
}
# All that an access log may tell: nothing that leads to a visitor or to what they asked.
_LOGGED = {
    "requestId",
    "routeKey",
    "httpMethod",
    "resourcePath",
    "status",
    "responseLatency",
    "integrationLatency",
}
_SECRET_NAME = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL", re.IGNORECASE)


def regions(template: Template) -> list[str]:
    assertion = template["Rules"]["EuOnly"]["Assertions"][0]["Assert"]
    listed, region = assertion["Fn::Contains"]
    wrong = sorted(set(listed) ^ _EU_REGIONS)
    return wrong if region == {"Ref": "AWS::Region"} else [str(region)]


def log_groups(template: Template) -> list[str]:
    """A group that Lambda makes by itself never expires."""
    groups = resources(template, "AWS::Logs::LogGroup")
    faults = [name for name, each in groups.items() if not each.get("RetentionInDays")]
    for name, function in functions(template).items():
        group = function.get("LoggingConfig", {}).get("LogGroup", {}).get("Ref")
        if group not in groups:
            faults.append(name)
    return faults


def quiet_runtime(template: Template) -> list[str]:
    logging = template["Globals"]["Function"]["LoggingConfig"]
    wanted = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"}
    return [] if logging == wanted else [str(logging)]


def access_logs(template: Template) -> list[str]:
    public = resources(template, "AWS::Serverless::HttpApi")["PublicApi"].get("AccessLogSettings")
    chat = resources(template, "AWS::Serverless::Api")["ChatApi"].get("AccessLogSetting")
    groups = resources(template, "AWS::Logs::LogGroup")
    faults: list[str] = []
    for name, setting in (("PublicApi", public), ("ChatApi", chat)):
        if not setting or setting["DestinationArn"]["Fn::GetAtt"][0] not in groups:
            faults.append(f"{name}: no log group")
            continue
        used = set(re.findall(r"\$context\.([\w.]+)", setting["Format"]))
        faults += [f"{name}: {variable}" for variable in used - _LOGGED]
        if "requestId" not in used:
            faults.append(f"{name}: no request id")
    return faults


def execution_logs(template: Template) -> list[str]:
    api = resources(template, "AWS::Serverless::Api")["ChatApi"]
    settings = {each["ResourcePath"]: each for each in api.get("MethodSettings", [])}
    every = settings.get("/*", {})
    silent = every.get("LoggingLevel") == "OFF" and every.get("DataTraceEnabled") is False
    return [] if silent and not api.get("TracingEnabled") else ["ChatApi"]


def secrets_in_environment(template: Template) -> list[str]:
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    faults: list[str] = []
    for name, function in functions(template).items():
        variables = {**shared, **function.get("Environment", {}).get("Variables", {})}
        faults += [
            f"{name}: {variable}"
            for variable, value in variables.items()
            if _SECRET_NAME.search(variable) and not _names_a_key(template, value)
        ]
        faults += [f"{name}: {text}" for text in texts(variables) if "{{resolve:" in text]
    return faults


def _names_a_key(template: Template, value: Any) -> bool:
    """The ARN of a KMS key may be known to anybody: it opens nothing."""
    named = value.get("Fn::GetAtt", ["?"])[0] if isinstance(value, dict) else "?"
    return named in resources(template, "AWS::KMS::Key")


def reserved_concurrency(template: Template) -> list[str]:
    public = {name: each for name, each in functions(template).items() if is_public(each)}
    return [name for name, each in public.items() if not _reserved(each)]


def _reserved(function: dict[str, Any]) -> bool:
    value: Any = function.get("ReservedConcurrentExecutions")
    if isinstance(value, dict):
        value = next(iter(value.get("Fn::If", [])[1:]), None)
    return isinstance(value, int) and value > 0


def throttles(template: Template) -> list[str]:
    public = resources(template, "AWS::Serverless::HttpApi")["PublicApi"]
    chat = resources(template, "AWS::Serverless::Api")["ChatApi"]
    limits = [public.get("DefaultRouteSettings", {}), *chat.get("MethodSettings", [])]
    limits += public.get("RouteSettings", {}).values()
    names = ("ThrottlingRateLimit", "ThrottlingBurstLimit")
    return [str(limit) for limit in limits if not all(limit.get(name) for name in names)]


def timeouts(template: Template) -> list[str]:
    """Nobody waits for a job, the purge or a webhook; much data and slow endpoints take their
    time."""
    most = {"jobs": 900, "purge": 900, "webhooks": 180}
    return [
        name
        for name, each in functions(template).items()
        if not 0 < each["Timeout"] <= most.get(name, 60)
    ]


def chat_starts_fast(template: Template) -> list[str]:
    chat = functions(template)["chat"]
    faults: list[str] = []
    if chat.get("SnapStart") != {"ApplyOn": "PublishedVersions"}:
        faults.append("no snapshot")
    if chat.get("AutoPublishAlias") != "live" or not chat.get("AutoPublishAliasAllProperties"):
        faults.append("no published alias")
    if chat.get("AutoPublishCodeSha256") != {"Ref": "Release"}:
        faults.append("no version for each release")
    return faults


def chat_keeps_its_runtime(template: Template) -> list[str]:
    """Streaming replaces insides of the runtime's client; a new one must come with a deploy."""
    managed = functions(template)["chat"].get("RuntimeManagementConfig")
    return [] if managed == {"UpdateRuntimeOn": "FunctionUpdate"} else [str(managed)]


def gateway_answers(template: Template) -> list[str]:
    """A refusal by the gateway must be readable in a page of any origin, and keep its status."""
    answers = resources(template, "AWS::Serverless::Api")["ChatApi"]["GatewayResponses"]
    faults: list[str] = []
    for name, each in answers.items():
        headers = each["ResponseParameters"]["Headers"]
        problem = json.loads(each["ResponseTemplates"]["application/json"])
        if headers.get("Access-Control-Allow-Origin") != "'*'":
            faults.append(f"{name}: unreadable")
        if headers.get("Access-Control-Expose-Headers") != "'Retry-After'":
            faults.append(f"{name}: Retry-After is unreadable")
        if problem.get("status") != each.get("StatusCode") or "code" not in problem:
            faults.append(f"{name}: {problem}")
    return faults if "StatusCode" not in answers["DEFAULT_4XX"] else [*faults, "DEFAULT_4XX"]


def chat_streams(template: Template) -> list[str]:
    events = functions(template)["chat"]["Events"].items()
    return [
        name
        for name, event in events
        if event["Properties"].get("ResponseTransferMode") != "RESPONSE_STREAM"
    ]


def cors_settings(template: Template) -> list[str]:
    """An API's own CORS settings would override the headers that the functions set per site."""
    apis = resources(template, "AWS::Serverless::HttpApi")
    apis |= resources(template, "AWS::Serverless::Api")
    apis |= {f"Globals.{name}": each for name, each in template["Globals"].items()}
    return [name for name, each in apis.items() if {"Cors", "CorsConfiguration"} & set(each)]


def plain_http(template: Template) -> list[str]:
    outputs = {name: "".join(texts(each["Value"])) for name, each in template["Outputs"].items()}
    faults = [
        n for n, value in outputs.items() if n.endswith("Url") and not value.startswith("https://")
    ]
    for name, parameter in template["Parameters"].items():
        pattern = parameter.get("AllowedPattern", "")
        if "Url" in name and any(_accepts(pattern, url) for url in _UNSAFE_URLS):
            faults.append(name)
    return faults


_UNSAFE_URLS = ("http://api.example", "http://localhost.example", "ftp://api.example", "https://")


def _accepts(pattern: str, url: str) -> bool:
    return re.fullmatch(pattern or ".*", url) is not None


def _allow_london(template: Template) -> None:
    template["Rules"]["EuOnly"]["Assertions"][0]["Assert"]["Fn::Contains"][0].append("eu-west-2")


def _log_addresses(template: Template) -> None:
    setting = resources(template, "AWS::Serverless::HttpApi")["PublicApi"]["AccessLogSettings"]
    setting["Format"] += '{"ip":"$context.identity.sourceIp"}'


def _log_paths(template: Template) -> None:
    setting = resources(template, "AWS::Serverless::Api")["ChatApi"]["AccessLogSetting"]
    setting["Format"] += "$context.path"


def _trace_bodies(template: Template) -> None:
    api = resources(template, "AWS::Serverless::Api")["ChatApi"]
    api["MethodSettings"][0]["DataTraceEnabled"] = True


_RESOLVED = "{{resolve:ssm-secure:/leadlayer/prod/root-key}}"
_NO_LIMIT = {"ThrottlingRateLimit": 0}
_ANSWERS = "ChatApi.GatewayResponses"

PLANTED: list[tuple[Rule, Plant]] = [
    (regions, _allow_london),
    (log_groups, planted_property("ChatLogs.RetentionInDays", None)),
    (log_groups, planted_property("PixelFunction.LoggingConfig", {})),
    (quiet_runtime, planted("Globals.Function.LoggingConfig.SystemLogLevel", "DEBUG")),
    (access_logs, _log_addresses),
    (access_logs, _log_paths),
    (access_logs, planted_property("ChatApi.AccessLogSetting", None)),
    (execution_logs, _trace_bodies),
    (execution_logs, planted_property("ChatApi.TracingEnabled", value=True)),
    (
        secrets_in_environment,
        planted_property("ChatFunction.Environment.Variables.ANTHROPIC_API_KEY", "x"),
    ),
    (secrets_in_environment, planted_property("WebFunction.Environment.Variables.X", _RESOLVED)),
    (reserved_concurrency, planted_property("LeadsFunction.ReservedConcurrentExecutions", {})),
    (reserved_concurrency, planted_property("PixelFunction.ReservedConcurrentExecutions", 0)),
    (throttles, planted_property("PublicApi.DefaultRouteSettings", {})),
    (throttles, planted_property("ChatApi.MethodSettings", [_NO_LIMIT])),
    (timeouts, planted_property("ChatFunction.Timeout", 900)),
    (chat_starts_fast, planted_property("ChatFunction.SnapStart", None)),
    (chat_starts_fast, planted_property("ChatFunction.AutoPublishAlias", None)),
    (chat_starts_fast, planted_property("ChatFunction.AutoPublishCodeSha256", None)),
    (chat_keeps_its_runtime, planted_property("ChatFunction.RuntimeManagementConfig", None)),
    (gateway_answers, planted_property(f"{_ANSWERS}.DEFAULT_4XX.StatusCode", 404)),
    (gateway_answers, planted_property(f"{_ANSWERS}.THROTTLED.StatusCode", 503)),
    (gateway_answers, planted_property(f"{_ANSWERS}.THROTTLED.ResponseParameters.Headers", {})),
    (
        chat_streams,
        planted_property("ChatFunction.Events.Warm.Properties.ResponseTransferMode", None),
    ),
    (cors_settings, planted_property("PublicApi.CorsConfiguration", {"AllowOrigins": ["*"]})),
    (cors_settings, planted("Globals.Api", {"Cors": "'*'"})),
    (reserved_concurrency, planted_property("AuthorizerFunction.ReservedConcurrentExecutions", 0)),
    (plain_http, planted("Outputs.ApiUrl.Value", "http://example.com")),
    (plain_http, planted("Parameters.AnthropicBaseUrl.AllowedPattern", "^http.*$")),
]
RULES = list(dict.fromkeys(rule for rule, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps(rule: Rule) -> None:
    assert rule(load()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda value: value.__name__)
def test_a_planted_fault_is_found_by(rule: Rule, plant: Plant) -> None:
    assert faults_after(plant, rule) != []


@pytest.mark.parametrize(
    "url", ["https://api.example/v1", "http://127.0.0.1:4566", "http://localhost"]
)
def test_https_and_this_machine_are_accepted_as_endpoints(url: str) -> None:
    assert _accepts(load()["Parameters"]["AnthropicBaseUrl"]["AllowedPattern"], url)
