"""Decides what is set up by hand after a deploy, because MiniStack's CloudFormation skips it.

MiniStack 1.5.33 ignores the OpenAPI body of an HTTP API (so it has no routes and no authorizer), a
table's TimeToLiveSpecification and its point-in-time recovery.
"""

import re
from typing import Any

from dev.stack.aws import ACCOUNT, REGION, DeployedStack, LocalAws

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
# SAM's words for a route of every method, and for one that takes what no other takes.
ANY = "x-amazon-apigateway-any-method"
DEFAULT = "$default"
PROXY = "x-amazon-apigateway-integration"
AUTHORIZER = "x-amazon-apigateway-authorizer"


def close_gaps(aws: LocalAws, stack: DeployedStack, *, console: str, verdicts_kept_s: int) -> int:
    """Closes them and returns how many routes the HTTP APIs have now."""
    for name in stack.logical_ids("AWS::DynamoDB::Table"):
        properties = stack.template["Resources"][name]["Properties"]
        _set_table_options(aws, stack.physical_ids[name], properties)
    _set_console_url(aws, stack, console)
    return sum(
        _import_api(aws, stack, name, verdicts_kept_s)
        for name in stack.logical_ids("AWS::ApiGatewayV2::Api")
    )


def _set_table_options(aws: LocalAws, table: str, properties: dict[str, Any]) -> None:
    dynamodb = aws.client("dynamodb")
    expiry = properties.get("TimeToLiveSpecification")
    status = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry and status["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": expiry["AttributeName"]},
        )
    if properties.get("PointInTimeRecoverySpecification"):
        dynamodb.update_continuous_backups(
            TableName=table,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )


def _set_console_url(aws: LocalAws, stack: DeployedStack, console: str) -> None:
    """Where the console is depends on the API's id, and on AWS the template knows the host."""
    functions = aws.client("lambda")
    for name in stack.logical_ids("AWS::Lambda::Function"):
        function = stack.physical_ids[name]
        settings = functions.get_function_configuration(FunctionName=function)
        variables = settings.get("Environment", {}).get("Variables", {})
        if "CONSOLE_URL" in variables:
            changed = {"Variables": {**variables, "CONSOLE_URL": console}}
            functions.update_function_configuration(FunctionName=function, Environment=changed)


def _import_api(aws: LocalAws, stack: DeployedStack, name: str, verdicts_kept_s: int) -> int:
    gateway = aws.client("apigatewayv2")
    api = stack.physical_ids[name]
    _clear(gateway, api)
    body = stack.template["Resources"][name]["Properties"].get("Body") or {}
    authorizers = _import_authorizers(gateway, api, body, stack, verdicts_kept_s)
    targets: dict[str, str] = {}
    count = 0
    for path, operations in body.get("paths", {}).items():
        for method in (METHODS | {ANY}) & operations.keys():
            operation = operations[method]
            uri = _resolve(operation[PROXY]["uri"], stack)
            if uri not in targets:
                targets[uri] = gateway.create_integration(
                    ApiId=api,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=uri,
                    PayloadFormatVersion="2.0",
                )["IntegrationId"]
            gateway.create_route(
                ApiId=api,
                RouteKey=_route_key(method, path),
                Target=f"integrations/{targets[uri]}",
                **_guard(operation, authorizers),
            )
            count += 1
    return count


def _clear(gateway: Any, api: str) -> None:
    for route in gateway.get_routes(ApiId=api)["Items"]:
        gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api)["Items"]:
        gateway.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    for authorizer in gateway.get_authorizers(ApiId=api)["Items"]:
        gateway.delete_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"])


def _import_authorizers(
    gateway: Any, api: str, body: dict[str, Any], stack: DeployedStack, verdicts_kept_s: int
) -> dict[str, str]:
    """Ids by the names that routes call them by."""
    schemes = body.get("components", {}).get("securitySchemes", {})
    guards = {name: each[AUTHORIZER] for name, each in schemes.items() if AUTHORIZER in each}
    return {
        name: gateway.create_authorizer(
            ApiId=api,
            Name=name,
            AuthorizerType=guard["type"].upper(),
            AuthorizerUri=_resolve(guard["authorizerUri"], stack),
            AuthorizerPayloadFormatVersion=guard["authorizerPayloadFormatVersion"],
            AuthorizerResultTtlInSeconds=min(
                guard["authorizerResultTtlInSeconds"], verdicts_kept_s
            ),
            EnableSimpleResponses=guard["enableSimpleResponses"],
            IdentitySource=guard["identitySource"],
        )["AuthorizerId"]
        for name, guard in guards.items()
    }


def _route_key(method: str, path: str) -> str:
    if path == DEFAULT:
        return DEFAULT
    return f"{'ANY' if method == ANY else method.upper()} {path}"


def _guard(operation: dict[str, Any], authorizers: dict[str, str]) -> dict[str, str]:
    for name in (name for each in operation.get("security", []) for name in each):
        return {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizers[name]}
    return {}


def _resolve(uri: dict[str, Any] | str, stack: DeployedStack) -> str:
    """The `Fn::Sub` of an integration or authorizer, the only function SAM writes there."""
    if isinstance(uri, str):
        return uri
    known = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    text, own = uri["Fn::Sub"] if isinstance(uri["Fn::Sub"], list) else (uri["Fn::Sub"], {})

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in known:
            return known[name]
        if name in own:
            name = ".".join(own[name]["Fn::GetAtt"])
        logical, _, attribute = name.partition(".")
        physical = stack.physical_ids[logical]
        if attribute != "Arn" or physical.startswith("arn:"):
            return physical
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"

    return re.sub(r"\$\{([^}]+)\}", value, text)
