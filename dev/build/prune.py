"""Decides what of the installed packages is not shipped: what no function reads at run time."""

import gzip
import json
import re
import shutil
from pathlib import Path
from typing import Any

# The only services that the functions call through botocore.
SERVICES = frozenset({"dynamodb", "kms", "s3", "sqs", "ssm"})
# The partitions with regions in the EU: the commercial one and the sovereign one.
PARTITIONS = frozenset({"aws", "aws-eusc"})
# Read at run time: pydantic asks for email-validator's version, httpx2 and httpcore2 for their own,
# and opentelemetry finds its context through an entry point.
METADATA_KEPT = frozenset({"email_validator", "httpcore2", "httpx2", "opentelemetry_api"})
# The CAs that sign AWS's endpoints. https://www.amazontrust.com/repository/
AMAZON_ROOTS = (
    "CN=Amazon Root CA 1 O=Amazon",
    "CN=Amazon Root CA 2 O=Amazon",
    "CN=Amazon Root CA 3 O=Amazon",
    "CN=Amazon Root CA 4 O=Amazon",
    "CN=Starfield Services Root Certificate Authority - G2 O=Starfield Technologies, Inc.",
)
_UNUSED_FILES = ("*.pyi", "py.typed", "*.pyx", "*.pxd", "*.c", "*.h")


class PruneError(Exception):
    """A package no longer looks as the pruning expects."""


def prune(tree: Path) -> None:
    _drop_packaging(tree)
    _drop_folders(tree)
    for asset in tree.glob("aws_lambda_powertools/event_handler/openapi/swagger_ui/*.min.*"):
        asset.unlink()
    if (tree / "botocore").is_dir():
        _prune_botocore(tree / "botocore" / "data")
    if (tree / "boto3").is_dir():
        _keep_only(tree / "boto3" / "data", SERVICES)
        shutil.rmtree(tree / "boto3" / "examples", ignore_errors=True)


def amazon_roots(bundle: str) -> str:
    """Amazon's own certificates out of a CA bundle; loading all the others takes 14 ms of CPU."""
    return "\n".join(_certificate(bundle, subject) for subject in AMAZON_ROOTS) + "\n"


def _certificate(bundle: str, subject: str) -> str:
    block = r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----"
    entry = rf"^# Subject: {re.escape(subject)}\n(?:#[^\n]*\n)*({block})"
    found = re.search(entry, bundle, re.MULTILINE)
    if not found:
        raise PruneError(f"no certificate of {subject} in the CA bundle")
    return f"# {subject}\n{found[1]}"


def _drop_packaging(tree: Path) -> None:
    shutil.rmtree(tree / "bin", ignore_errors=True)
    for metadata in list(tree.glob("*.dist-info")):
        if metadata.name.split("-")[0] not in METADATA_KEPT:
            shutil.rmtree(metadata)
            continue
        for path in list(metadata.rglob("*")):
            if path.is_file() and path.name not in {"METADATA", "entry_points.txt"}:
                path.unlink()


def _drop_folders(tree: Path) -> None:
    for name in ("tests", "__pycache__"):
        for folder in list(tree.rglob(name)):
            shutil.rmtree(folder)
    unused = [path for pattern in _UNUSED_FILES for path in tree.rglob(pattern)]
    for path in unused:
        path.unlink()


def _keep_only(folder: Path, names: frozenset[str]) -> None:
    for path in list(folder.iterdir()):
        if path.is_dir() and path.name not in names:
            shutil.rmtree(path)


def _prune_botocore(data: Path) -> None:
    _keep_only(data, SERVICES)
    missing = SERVICES - {path.name for path in data.iterdir()}
    if missing:
        raise PruneError(f"botocore has no data for {', '.join(sorted(missing))}")
    for path in list(data.rglob("examples-1.json*")):
        path.unlink()
    for packed in list(data.rglob("service-2.json.gz")):
        model = json.loads(gzip.decompress(packed.read_bytes()))
        _write(packed.with_suffix(""), _without_documentation(model))
        packed.unlink()
    endpoints = data / "endpoints.json"
    _write(endpoints, _trimmed_endpoints(json.loads(endpoints.read_bytes())))


def _without_documentation(node: Any) -> Any:
    """Drop the prose, but no member that happens to be called documentation (those are objects),
    nor that of a client's own parameters, which botocore asks for (botocore.model)."""
    if isinstance(node, dict):
        return {
            key: value if key == "clientContextParams" else _without_documentation(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_documentation(value) for value in node]
    return node


def _trimmed_endpoints(endpoints: dict[str, Any]) -> dict[str, Any]:
    kept = [each for each in endpoints["partitions"] if each["partition"] in PARTITIONS]
    for partition in kept:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in SERVICES & services.keys()}
    return {**endpoints, "partitions": kept}


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True), "utf-8")
