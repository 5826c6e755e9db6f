"""No role of the template may do more than its function does: checked statement by statement."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.repo.template import (
    Plant,
    Rule,
    Template,
    as_list,
    faults_after,
    functions,
    load,
    logical,
    resources,
    statements,
    texts,
)

# AWS refuses an account's logging role with less than this policy of its own.
_MANAGED_POLICIES = {"AmazonAPIGatewayPushToCloudWatchLogs"}
# The objects of a bucket have no other name.
_OBJECTS = {"${Exports.Arn}/*"}

# What each function may do with which partition keys; docs/data-model.md says why.
_TABLE_ACCESS: dict[str, dict[str, set[str]]] = {
    "web": {"GetItem": {"SITE#*"}},
    "pixel": {"GetItem": {"SITE#*"}, "UpdateItem": {"VIEWS#*"}, "Query": {"VIEWS#*"}},
    "leads": {
        "GetItem": {"SITE#*", "IDEMP#*", "RATE#*"},
        "PutItem": {"LEADS#*", "SUBJECT#*", "OUTBOX#*", "IDEMP#*", "RATE#*"},
        "UpdateItem": {"RATE#*"},
    },
    "chat": {
        "GetItem": {"SITE#*", "CONV#*", "IDEMP#*", "RATE#*"},
        "Query": {"CONV#*"},
        "PutItem": {"CONV#*", "SUBJECT#*", "LEADS#*", "OUTBOX#*", "IDEMP#*", "RATE#*"},
        "UpdateItem": {"CONV#*", "IDEMP#*", "RATE#*", "USAGE#*"},
        "Ledger.PutItem": {"ACCOUNT#*"},
    },
    "mailer": {
        "GetItem": {"OUTBOX#*", "SITE#*", "ACCOUNT#*", "LINK#*", "REQUESTS#*"},
        "UpdateItem": {"OUTBOX#*"},
        "Query": {"OUTBOX", "ACCOUNT#*", "EMAIL#*"},
    },
    "sign_in": {
        "GetItem": {"LINK#*", "ACCOUNT#*", "RATE#*", "AUDIT#*"},
        "Query": {"EMAIL#*"},
        "PutItem": {"LINK#*", "OUTBOX#*", "ACCOUNT#*", "EMAIL#*", "SESSION#*", "RATE#*", "AUDIT#*"},
        "UpdateItem": {"ACCOUNT#*", "RATE#*", "AUDIT#*"},
        "DeleteItem": {"LINK#*"},
    },
    "dsar": {
        "GetItem": {"SITE#*", "REQUESTS#*", "REQUEST#*", "AUDIT#*", "IDEMP#*", "RATE#*"},
        "PutItem": {"REQUESTS#*", "REQUEST#*", "OUTBOX#*", "AUDIT#*", "IDEMP#*", "RATE#*"},
        "UpdateItem": {"REQUESTS#*", "REQUEST#*", "AUDIT#*", "RATE#*"},
        "DeleteItem": {"REQUEST#*"},
    },
    "authorizer": {
        "GetItem": {"SESSION#*", "KEY#*", "ACCOUNT#*"},
        "UpdateItem": {"KEY#*"},
    },
    "console": {
        "GetItem": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "AUDIT#*",
            "DELIVERY#*",
            "DOWNLOAD#*",
            "REQUESTS#*",
            "IDEMP#*",
            "RATE#*",
        },
        "Query": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "SUBJECT#*",
            "AUDIT#*",
            "VIEWS#*",
            "HOOKLOG#*",
            "DELIVERY#*",
            "SESSIONS#*",
            "KEYS#*",
            "CONVS#*",
            "REQUESTS#*",
        },
        "PutItem": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "SUBJECT#*",
            "EMAIL#*",
            "KEY#*",
            "AUDIT#*",
            "OUTBOX#*",
            "DELIVERY#*",
            "DOWNLOAD#*",
            "IDEMP#*",
            "RATE#*",
        },
        "UpdateItem": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "AUDIT#*",
            "DELIVERY#*",
            "REQUESTS#*",
            "RATE#*",
        },
        "ConditionCheckItem": {"ACCOUNT#*"},
        "DeleteItem": {
            "ACCOUNT#*",
            "LEADS#*",
            "SUBJECT#*",
            "EMAIL#*",
            "SESSION#*",
            "KEY#*",
            "DOWNLOAD#*",
        },
        "BatchWriteItem": {"LEADS#*", "CONV#*", "SUBJECT#*", "OUTBOX#*", "DELIVERY#*"},
        "Ledger.PutItem": {"ACCOUNT#*"},
    },
    "replies": {
        "GetItem": {"SITE#*", "CONV#*", "RATE#*"},
        "Query": {"CONV#*"},
        "UpdateItem": {"RATE#*"},
        "PutItem": {"RATE#*"},
    },
    "webhooks": {
        "GetItem": {"ACCOUNT#*", "LEADS#*", "CONV#*", "DELIVERY#*"},
        "Query": {"ACCOUNT#*", "DUE"},
        "DeleteItem": {"DELIVERY#*"},
        "PutItem": {"ACCOUNT#*", "DELIVERY#*", "HOOKLOG#*"},
        "UpdateItem": {"ACCOUNT#*", "DELIVERY#*"},
    },
    "jobs": {
        "GetItem": {"ACCOUNT#*", "LEADS#*", "CONV#*"},
        "Query": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "VIEWS#*",
            "AUDIT#*",
            "DELIVERY#*",
            "JOBS",
            "CONVS#*",
        },
        "PutItem": {"ACCOUNT#*", "OUTBOX#*"},
        "UpdateItem": {"ACCOUNT#*", "LEADS#*", "CONV#*"},
        "DeleteItem": {"ACCOUNT#*", "SUBJECT#*"},
        "BatchWriteItem": {"LEADS#*", "CONV#*", "SUBJECT#*", "OUTBOX#*", "DELIVERY#*"},
        "Ledger.PutItem": {"ACCOUNT#*"},
    },
    "purge": {
        "GetItem": {"PURGE", "ACCOUNT#*", "SITE#*", "LEADS#*", "CONV#*", "STATS#*"},
        "Query": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "DELIVERY#*",
            "VIEWS#*",
            "STATS#*",
            "USAGE#*",
            "AUDIT#*",
            "HOOKLOG#*",
            "CONVS#*",
            "KEYS#*",
            "SESSIONS#*",
            "DUE#*",
            "REQUESTS#*",
        },
        "PutItem": {"PURGE", "STATS#*"},
        "UpdateItem": {"PURGE", "ACCOUNT#*", "SITE#*", "LEADS#*"},
        "DeleteItem": {"SUBJECT#*"},
        "BatchWriteItem": {
            "ACCOUNT#*",
            "SITE#*",
            "LEADS#*",
            "CONV#*",
            "SUBJECT#*",
            "OUTBOX#*",
            "DELIVERY#*",
            "VIEWS#*",
            "STATS#*",
            "USAGE#*",
            "AUDIT#*",
            "HOOKLOG#*",
            "SESSION#*",
            "KEY#*",
            "EMAIL#*",
            "REQUESTS#*",
            "REQUEST#*",
        },
        "Ledger.PutItem": {"ACCOUNT#*"},
    },
}


def _reads_or_writes_items(statement: dict[str, Any]) -> bool:
    """On the table or its index; a stream has no keys to limit."""
    on_stream = "StreamArn" in texts(statement["Resource"])
    actions = as_list(statement["Action"])
    return not on_stream and any(action.startswith("dynamodb:") for action in actions)


def wildcards(template: Template) -> list[str]:
    faults: list[str] = []
    for role, statement in statements(template):
        parts = [*as_list(statement["Action"]), *texts(statement["Resource"])]
        faults += [f"{role}: {part}" for part in parts if "*" in part and part not in _OBJECTS]
        faults += [f"{role}: {key}" for key in ("NotAction", "NotResource") if key in statement]
    return faults


def broad_policies(template: Template) -> list[str]:
    """SAM's policy templates and AWS's managed policies grant more than one function needs."""
    faults = [
        f"{name}: Policies" for name, each in functions(template).items() if "Policies" in each
    ]
    for role, properties in resources(template, "AWS::IAM::Role").items():
        managed = texts(properties.get("ManagedPolicyArns", []))
        faults += [
            f"{role}: {arn}" for arn in managed if arn.split("/")[-1] not in _MANAGED_POLICIES
        ]
    return faults


def shared_roles(template: Template) -> list[str]:
    roles = [str(each.get("Role")) for each in functions(template).values()]
    return [role for role in roles if role == "None" or roles.count(role) > 1]


def unlimited_table_statements(template: Template) -> list[str]:
    """ForAllValues alone is also true when no key is named, hence the Null check."""
    faults: list[str] = []
    for role, statement in statements(template):
        if not _reads_or_writes_items(statement):
            continue
        condition = statement.get("Condition", {})
        keys = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        named = condition.get("Null", {}).get("dynamodb:LeadingKeys") == "false"
        if not keys or "*" in keys or not named:
            faults.append(f"{role}: {statement['Sid']}")
    return faults


def table_access(template: Template) -> list[str]:
    faults: list[str] = []
    for name, function in functions(template).items():
        found: dict[str, set[str]] = {}
        for role, statement in statements(template):
            if role != function["Role"]["Fn::GetAtt"][0] or not _reads_or_writes_items(statement):
                continue
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            where = "Ledger." if "Ledger" in texts(statement["Resource"]) else ""
            for action in as_list(statement["Action"]):
                granted = where + action.removeprefix("dynamodb:")
                found.setdefault(granted, set()).update(keys)
        if found != _TABLE_ACCESS[name]:
            faults.append(f"{name}: {found}")
    return faults


def scans(template: Template) -> list[str]:
    refused = {"dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:BatchGetItem"}
    return [
        f"{role}: {action}"
        for role, statement in statements(template)
        for action in as_list(statement["Action"])
        if action in refused
    ]


def _key_statements(template: Template, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for role, statement in statements(template):
        on_keys = any(action.startswith("kms:") for action in as_list(statement["Action"]))
        if on_keys and key in texts(statement["Resource"]):
            yield role, statement


def data_key_used_by_itself(template: Template) -> list[str]:
    """The tables' key may be used on DynamoDB's behalf only, and on S3's for the exports."""
    faults: list[str] = []
    for role, statement in _key_statements(template, "DataKey"):
        via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", "")
        if not any(text.startswith(("dynamodb.", "s3.")) for text in texts(via)):
            faults.append(f"{role}: {statement['Sid']}")
    return faults


def credentials_within_reach(template: Template) -> list[str]:
    """Who seals a credential cannot open it, and nothing is sealed or opened without saying whose
    and what kind it is."""
    faults: list[str] = []
    may: dict[str, set[str]] = {}
    for role, statement in _key_statements(template, "CredentialKey"):
        may.setdefault(role, set()).update(as_list(statement["Action"]))
        condition = statement.get("Condition", {})
        named = condition.get("ForAllValues:StringEquals", {}).get("kms:EncryptionContextKeys")
        present = condition.get("Null", {})
        wanted = {f"kms:EncryptionContext:{name}": "false" for name in ("account", "kind")}
        if named != ["account", "kind"] or present != wanted:
            faults.append(f"{role}: {statement['Sid']}")
    if may != {"ConsoleRole": {"kms:Encrypt"}, "WebhooksRole": {"kms:Decrypt"}}:
        faults.append(str(may))
    return faults


def inexact_parameters(template: Template) -> list[str]:
    faults: list[str] = []
    for role, statement in statements(template):
        actions = [a for a in as_list(statement["Action"]) if a.startswith("ssm:")]
        if not actions:
            continue
        faults += [f"{role}: {action}" for action in actions if action != "ssm:GetParameter"]
        arns = list(texts(statement["Resource"]))
        faults += [f"{role}: {arn}" for arn in arns if "parameter/leadlayer/${Stage}/" not in arn]
    return faults


def _first(template: Template, role: str, sid: str) -> dict[str, Any]:
    found = (each for name, each in statements(template) if name == role and each["Sid"] == sid)
    return next(found)


def _plant(role: str, sid: str, **values: Any) -> Plant:
    return lambda template: _first(template, role, sid).update(values)


def _share_a_role(template: Template) -> None:
    functions(template)["pixel"]["Role"] = functions(template)["chat"]["Role"]


def _attach_administrator(template: Template) -> None:
    role = resources(template, "AWS::IAM::Role")["WebRole"]
    role["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]


def _forget_null(template: Template) -> None:
    del _first(template, "PixelRole", "Count")["Condition"]["Null"]


def _let_web_read_leads(template: Template) -> None:
    condition = _first(template, "WebRole", "ReadSite")["Condition"]
    condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].append("LEADS#*")


_PARAMETERS = {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/x"}

PLANTED: list[tuple[Rule, Plant]] = [
    (wildcards, _plant("WebRole", "ReadSite", Action="dynamodb:*")),
    (wildcards, _plant("ChatRole", "EuInference", Resource="*")),
    (wildcards, _plant("LeadsRole", "Logs", Resource={"Fn::Sub": "${LeadsLogs.Arn}:*"})),
    (wildcards, _plant("WebRole", "ReadSite", NotAction="dynamodb:Scan")),
    (broad_policies, _attach_administrator),
    (broad_policies, lambda template: functions(template)["web"].update(Policies=["X"])),
    (shared_roles, _share_a_role),
    (shared_roles, lambda template: functions(template)["web"].pop("Role")),
    (unlimited_table_statements, _plant("ChatRole", "Change", Condition={})),
    (unlimited_table_statements, _forget_null),
    (table_access, _let_web_read_leads),
    (table_access, _plant("PixelRole", "Count", Action=["dynamodb:UpdateItem"])),
    (scans, _plant("MailerRole", "Pending", Action=["dynamodb:Scan"])),
    (wildcards, _plant("JobsRole", "Files", Resource={"Fn::Sub": "${Exports.Arn}*"})),
    (data_key_used_by_itself, _plant("ChatRole", "TableKey", Condition={})),
    (data_key_used_by_itself, _plant("JobsRole", "FileKey", Condition={})),
    (credentials_within_reach, _plant("ConsoleRole", "Seal", Condition={})),
    (credentials_within_reach, _plant("ConsoleRole", "Seal", Action=["kms:Decrypt"])),
    (credentials_within_reach, _plant("WebhooksRole", "Open", Action=["kms:*"])),
    (inexact_parameters, _plant("LeadsRole", "Secrets", Resource=_PARAMETERS)),
    (inexact_parameters, _plant("LeadsRole", "Secrets", Action=["ssm:GetParametersByPath"])),
]
RULES = list(dict.fromkeys(rule for rule, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_role_has(rule: Rule) -> None:
    assert rule(load()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda value: value.__name__)
def test_a_planted_fault_is_found_by(rule: Rule, plant: Plant) -> None:
    assert faults_after(plant, rule) != []


def test_the_rules_see_the_statements_of_every_function() -> None:
    seen = {role for role, _ in statements(load())}
    assert {f"{logical(name)}Role" for name in _TABLE_ACCESS} <= seen
    assert set(functions(load())) == set(_TABLE_ACCESS)
