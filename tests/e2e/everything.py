"""Every place of the local stack where something about a person could be left, as texts by name."""

import json
from pathlib import Path
from typing import Any

from dev.stack.aws import LocalAws
from tests.canary_scan import row_text


def sinks(stack: dict[str, Any], state: Path) -> dict[str, str]:
    """Of the tables all rows and of the stream all records; files as they are."""
    aws = LocalAws(stack["aws_endpoint"])
    found = _of_tables(aws) | _of_streams(aws) | _of_buckets(aws) | _of_queues(aws)
    for path in sorted((state / "logs").rglob("*.log")):
        found[f"log {path.name}"] = _text(path)
    found["outbox"] = _text(state / "outbox.jsonl")
    for group, lines in _of_log_groups(aws).items():
        found[f"log group {group}"] = lines
    return found


def _of_tables(aws: LocalAws) -> dict[str, str]:
    dynamodb = aws.client("dynamodb")
    found: dict[str, str] = {}
    for table in dynamodb.list_tables()["TableNames"]:
        described = dynamodb.describe_table(TableName=table)["Table"]
        indexes = [each["IndexName"] for each in described.get("GlobalSecondaryIndexes", [])]
        for index in (None, *indexes):
            asked = {"TableName": table} | ({"IndexName": index} if index else {})
            pages = dynamodb.get_paginator("scan").paginate(**asked)
            found[f"table {table} {index or ''}"] = "\n".join(
                row_text(page["Items"]) for page in pages
            )
    return found


def _of_streams(aws: LocalAws) -> dict[str, str]:
    streams = aws.client("dynamodbstreams")
    found: dict[str, str] = {}
    for stream in streams.list_streams()["Streams"]:
        arn = stream["StreamArn"]
        shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        for shard in shards:
            at: str | None = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            texts: list[str] = []
            while at:
                page = streams.get_records(ShardIterator=at)
                texts.append(row_text(page["Records"]))
                at = page.get("NextShardIterator") if page["Records"] else None
            found[f"stream {arn} {shard['ShardId']}"] = "\n".join(texts)
    return found


def _of_buckets(aws: LocalAws) -> dict[str, str]:
    s3 = aws.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    return {
        f"bucket {name} {each['Key']}": s3.get_object(Bucket=name, Key=each["Key"])["Body"]
        .read()
        .decode("latin-1")
        for name in names
        # What was deployed is code.
        if not name.startswith("leadlayer-artifacts")
        for each in s3.list_objects_v2(Bucket=name).get("Contents", [])
    }


def _of_queues(aws: LocalAws) -> dict[str, str]:
    sqs = aws.client("sqs")
    found: dict[str, str] = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        found[f"queue {url}"] = json.dumps(answer.get("Messages", []))
    return found


def _of_log_groups(aws: LocalAws) -> dict[str, str]:
    logs = aws.client("logs")
    found: dict[str, str] = {}
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        found[name] = "\n".join(event["message"] for page in pages for event in page["events"])
    return found


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
