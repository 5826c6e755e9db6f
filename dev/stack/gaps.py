"""Decides what is set up by hand after a deploy, because MiniStack's CloudFormation skips it.

MiniStack 1.5.33 ignores the OpenAPI body of an HTTP API (so it has no routes), a table's
TimeToLiveSpecification and its point-in-time recovery.
"""

import re
from typing import Any

from dev.stack.aws import ACCOUNT, REGION, DeployedStack, LocalAws

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
PROXY = "x-amazon-apigateway-integration"


def close_gaps(aws: LocalAws, stack: DeployedStack) -> int:
    """Closes them and returns how many routes the HTTP APIs have now."""
    for name in stack.logical_ids("AWS::DynamoDB::Table"):
        properties = stack.template["Resources"][name]["Properties"]
        _set_table_options(aws, stack.physical_ids[name], properties)
    return sum(
        _import_routes(aws, stack, name) for name in stack.logical_ids("AWS::ApiGatewayV2::Api")
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


def _import_routes(aws: LocalAws, stack: DeployedStack, name: str) -> int:
    gateway = aws.client("apigatewayv2")
    api = stack.physical_ids[name]
    for route in gateway.get_routes(ApiId=api)["Items"]:
        gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api)["Items"]:
        gateway.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    body = stack.template["Resources"][name]["Properties"].get("Body") or {}
    targets: dict[str, str] = {}
    count = 0
    for path, operations in body.get("paths", {}).items():
        for method in METHODS & operations.keys():
            uri = _resolve(operations[method][PROXY]["uri"], stack)
            if uri not in targets:
                targets[uri] = gateway.create_integration(
                    ApiId=api,
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=uri,
                    PayloadFormatVersion="2.0",
                )["IntegrationId"]
            target = f"integrations/{targets[uri]}"
            gateway.create_route(ApiId=api, RouteKey=f"{method.upper()} {path}", Target=target)
            count += 1
    return count


def _resolve(uri: dict[str, Any] | str, stack: DeployedStack) -> str:
    """The `Fn::Sub` of an integration, the only function SAM writes there."""
    if isinstance(uri, str):
        return uri
    known = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in known:
            return known[name]
        logical, _, attribute = name.partition(".")
        physical = stack.physical_ids[logical]
        if attribute != "Arn" or physical.startswith("arn:"):
            return physical
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"

    return re.sub(r"\$\{([^}]+)\}", value, uri["Fn::Sub"])
