"""AWS clients that only some requests need: made at their first use, not at a cold start."""

from typing import Any


def sqs_client(region: str) -> Any:
    """For `JobQueue`. A caller waits for it: short tries."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 3})
    return boto3.client("sqs", region_name=region, config=limits)  # pyright: ignore[reportUnknownVariableType]  # untyped


def s3_client(region: str) -> Any:
    """For `ExportFiles`. A part of a file may take a while. Signature 4 is what a key of KMS asks
    of presigned addresses too (S3 user guide, "Using server-side encryption with AWS KMS keys")."""
    import boto3
    from botocore.config import Config

    limits = Config(
        signature_version="s3v4",
        connect_timeout=2,
        read_timeout=30,
        retries={"total_max_attempts": 4},
    )
    return boto3.client("s3", region_name=region, config=limits)  # pyright: ignore[reportUnknownVariableType]  # untyped
