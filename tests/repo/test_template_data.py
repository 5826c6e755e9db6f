"""How the template keeps data: under our keys, recoverable, expiring, and files for a week only."""

from typing import Any

import pytest

from tests.repo.template import (
    Plant,
    Rule,
    Template,
    faults_after,
    load,
    planted_property,
    resources,
    texts,
)


def table(template: Template) -> list[str]:
    main = resources(template, "AWS::DynamoDB::Table")["Table"]
    wanted = {
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": _recovery(days=7),
    }
    faults = [name for name, value in wanted.items() if main.get(name) != value]
    indexes = {each["IndexName"]: each for each in main["GlobalSecondaryIndexes"]}
    if indexes["gsi2"]["Projection"] != {"ProjectionType": "KEYS_ONLY"}:
        faults.append("what is due is listed with more than its keys")
    capped = all("OnDemandThroughput" in each for each in (main, *indexes.values()))
    return faults if capped else [*faults, "OnDemandThroughput"]


def ledger(template: Template) -> list[str]:
    """What is replayed after a restore must outlive the main table's recovery window."""
    own = resources(template, "AWS::DynamoDB::Table")["Ledger"]
    wanted = {
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "PointInTimeRecoverySpecification": _recovery(days=35),
    }
    return [name for name, value in wanted.items() if own.get(name) != value]


def _recovery(*, days: int) -> dict[str, Any]:
    return {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}


def protected_data(template: Template) -> list[str]:
    faults: list[str] = []
    for name, each in resources(template, "AWS::DynamoDB::Table").items():
        own_key = {"Fn::GetAtt": ["DataKey", "Arn"]}
        if each.get("SSESpecification", {}).get("KMSMasterKeyId") != own_key:
            faults.append(f"{name}: not under our key")
        if each.get("DeletionProtectionEnabled") != {"Fn::If": ["IsProd", True, False]}:
            faults.append(f"{name}: deletable in prod")
    keys = resources(template, "AWS::KMS::Key").items()
    return faults + [f"{name}: no rotation" for name, key in keys if not key["EnableKeyRotation"]]


def export_files(template: Template) -> list[str]:
    """What a customer's export holds is theirs alone, and gone after a week."""
    files = resources(template, "AWS::S3::Bucket")["Exports"]
    policy = resources(template, "AWS::S3::BucketPolicy")["ExportsPolicy"]
    denied = policy["PolicyDocument"]["Statement"][0]
    rules = files["LifecycleConfiguration"]["Rules"]
    checks = {
        "closed": list(files["PublicAccessBlockConfiguration"].values()) == [True] * 4,
        "expiry": any(rule.get("ExpirationInDays") == 7 for rule in rules),
        "leftovers": any("AbortIncompleteMultipartUpload" in rule for rule in rules),
        "one version": "VersioningConfiguration" not in files,
        "our key": "DataKey" in texts(files["BucketEncryption"]),
        "tls": denied["Effect"] == "Deny"
        and denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}},
    }
    return [name for name, kept in checks.items() if not kept]


def _list_more_than_keys(template: Template) -> None:
    index = resources(template, "AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"][1]
    index["Projection"] = {"ProjectionType": "ALL"}


def _uncap_index(template: Template) -> None:
    del resources(template, "AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"][0][
        "OnDemandThroughput"
    ]


PLANTED: list[tuple[Rule, Plant]] = [
    (table, planted_property("Table.StreamSpecification.StreamViewType", "NEW_AND_OLD_IMAGES")),
    (table, planted_property("Table.TimeToLiveSpecification.AttributeName", "ttl")),
    (table, planted_property("Table.PointInTimeRecoverySpecification.RecoveryPeriodInDays", 35)),
    (table, _uncap_index),
    (table, _list_more_than_keys),
    (ledger, planted_property("Ledger.PointInTimeRecoverySpecification.RecoveryPeriodInDays", 7)),
    (protected_data, planted_property("Table.DeletionProtectionEnabled", value=False)),
    (protected_data, planted_property("Ledger.SSESpecification", {})),
    (protected_data, planted_property("DataKey.EnableKeyRotation", value=False)),
    (protected_data, planted_property("CredentialKey.EnableKeyRotation", value=False)),
    (export_files, planted_property("Exports.VersioningConfiguration", {"Status": "Enabled"})),
    (export_files, planted_property("Exports.LifecycleConfiguration.Rules", [])),
    (export_files, planted_property("Exports.BucketEncryption", {})),
    (
        export_files,
        planted_property("Exports.PublicAccessBlockConfiguration.BlockPublicPolicy", value=False),
    ),
]
RULES = list(dict.fromkeys(rule for rule, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps(rule: Rule) -> None:
    assert rule(load()) == []


@pytest.mark.parametrize(("rule", "plant"), PLANTED, ids=lambda value: value.__name__)
def test_a_planted_fault_is_found_by(rule: Rule, plant: Plant) -> None:
    assert faults_after(plant, rule) != []
