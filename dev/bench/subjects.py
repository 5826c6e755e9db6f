"""What is measured: the built functions, the environment they get and one event for each."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.lambda_front.events import CHAT_RESOURCES, rest_event
from dev.lambda_front.http1 import Head, Headers
from dev.lambda_front.worker import Function, make_runtime_dir

ROOT = Path(__file__).parents[2]
SITE = "s_bench"
FUNCTIONS = ("pixel", "web", "leads", "mailer", "chat")
PARAMETERS = {"root-key": "5a" * 32, "anthropic-api-key": "bench", "resend-api-key": "bench"}


@dataclass(frozen=True)
class Subject:
    """A function, the event of its first invocation and the status that must come back."""

    name: str
    function: Function
    event: bytes
    status: int | None


def build_artifacts(folder: Path) -> None:
    """The layer and all functions as packaged, but for this machine instead of arm64."""
    environment = {**os.environ, "LEADLAYER_ARCH": "host", "LEADLAYER_PYTHON": sys.executable}
    for what in ("layer", *FUNCTIONS):
        target = folder / what
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(
            [sys.executable, "-m", "dev.build.package", what, str(target)],
            check=True,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
        )


def trusting_layer(layer: Path, ca_file: Path, folder: Path) -> Path:
    """A copy of the layer whose own root certificates include the stub's: the sixth beside five."""
    copy = folder / "layer"
    shutil.copytree(layer, copy, symlinks=True)
    roots = copy / "python" / "leadlayer" / "core" / "amazon_roots.pem"
    if roots.exists():
        together = roots.read_text("ascii") + ca_file.read_text("ascii")
        roots.unlink()
        roots.write_text(together, "ascii")
    return copy


def subjects(
    artifacts: Path, layer: Path, environment: dict[str, str], scratch: Path
) -> Iterator[Subject]:
    """The bare function first: all others are compared with it."""
    runtime_dir = make_runtime_dir(scratch)
    events = _events()
    bare = Function(
        function_dir=_compiled_bare(scratch),
        handler="handler.lambda_handler",
        runtime_dir=runtime_dir,
        environment=environment,
    )
    yield Subject("bare", bare, events["pixel"][0], 200)
    for name in FUNCTIONS:
        function = Function(
            function_dir=artifacts / name,
            layer_dir=layer,
            handler="handler.lambda_handler",
            runtime_dir=runtime_dir,
            environment=environment,
        )
        yield Subject(name, function, *events[name])


def question() -> bytes:
    """A visitor's first message, answered as a stream."""
    headers = (
        ("Host", "bench"),
        ("Accept", "text/event-stream"),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", secrets.token_urlsafe(24)),
    )
    body = json.dumps({"message": "Wanneer zijn jullie open?", "language": "nl"}).encode()
    return _rest("POST", headers, body)


def environment(aws_url: str, ca_file: Path | None) -> dict[str, str]:
    """As the template sets it, with this machine's stand-ins behind every address."""
    return {
        "STAGE": "local",
        "TABLE_NAME": "bench",
        "PARAMETER_PREFIX": "/leadlayer/local",
        "MODEL_PROVIDER": "anthropic",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "RESEND_BASE_URL": "http://127.0.0.1:9",
        "CHAT_URL": "http://127.0.0.1:9",
        "CONSOLE_URL": "http://127.0.0.1:9",
        "MAIL_FROM": "bench@leadlayer.example",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_ACCESS_KEY_ID": "AKIABENCHBENCHBENCH1",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_ENDPOINT_URL": aws_url,
        **({"AWS_CA_BUNDLE": str(ca_file), "SSL_CERT_FILE": str(ca_file)} if ca_file else {}),
    }


def site_item() -> dict[str, dict[str, Any]]:
    """A site that collects, in DynamoDB's own notation."""
    texts = {
        "pk": f"SITE#{SITE}",
        "sk": "PROFILE",
        "type": "site",
        "account_id": "a_bench",
        "name": "Bench",
        "origins": json.dumps(["https://shop.example"]),
        "privacy_notice_url": "https://shop.example/privacy",
        "language": "nl",
        "languages": json.dumps(["nl", "en", "de"]),
        "country": "NL",
        "greetings": json.dumps({"nl": "Hallo"}),
        "knowledge": "Open van dinsdag tot en met zaterdag.",
        "lead_fields": json.dumps([{"name": "email", "required": True}]),
        "consent": json.dumps({"texts": {"nl": "Akkoord"}, "version": "1", "required": True}),
        "pixel_mode": "exempt",
        "model": "claude-haiku-5-5",
        "limits": json.dumps({}),
        "state": "active",
    }
    return {name: {"S": text} for name, text in texts.items()}


def _events() -> dict[str, tuple[bytes, int | None]]:
    lead = {
        "email": "visitor@example.com",
        "language": "nl",
        "consent": {"given": True, "version": "1"},
    }
    view = http_event("GET", f"/v1/sites/{SITE}/p.gif", query={"p": "/fietsen"})
    return {
        "pixel": (view, 200),
        "web": (http_event("GET", "/widget.js"), 200),
        "leads": (http_event("POST", f"/v1/sites/{SITE}/leads", body=lead), 201),
        "mailer": (b"{}", None),
        "chat": (_rest("GET", (("Host", "bench"),), b""), 204),
    }


def _rest(method: str, headers: Headers, body: bytes) -> bytes:
    event = rest_event(
        Head(method, f"/v1/sites/{SITE}/chat", "HTTP/1.1", headers),
        body,
        source_ip="127.0.0.1",
        stage="local",
        resources=CHAT_RESOURCES,
    )
    if event is None:
        raise LookupError("the chat's resource is not known to the front")
    return event


def http_event(
    method: str, path: str, *, query: dict[str, str] | None = None, body: object = None
) -> bytes:
    """An HTTP API's event, payload version 2.0, as far as a handler looks at it."""
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
        "headers": {"content-type": "application/json", "host": "bench"},
        "queryStringParameters": query,
        "pathParameters": {"site": SITE},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            "requestId": "bench",
            "stage": "$default",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
    return json.dumps(event).encode()


def _compiled_bare(scratch: Path) -> Path:
    folder = scratch / "bare"
    shutil.copytree(Path(__file__).parent / "bare", folder)
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", folder],
        check=True,
    )
    return folder
