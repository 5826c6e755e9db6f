"""Which third-party packages each handler may load: the cold start, pinned without a stopwatch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WATCHED = {
    "anthropic", "boto3", "botocore", "httpx2", "phonenumbers", "pydantic", "pynamodb", "requests",
    "resend", "stripe", "aws_lambda_powertools", "moto", "email_validator", "urllib3",
}  # fmt: skip
BASE = {"aws_lambda_powertools", "botocore", "pydantic", "pynamodb", "urllib3"}
ALLOWED = {
    "pixel": {"botocore", "urllib3"},
    "web": BASE | {"email_validator"},
    "leads": BASE | {"boto3", "email_validator", "phonenumbers"},
    "sign_in": BASE | {"boto3", "email_validator"},
    "dsar": BASE | {"boto3", "email_validator", "phonenumbers"},
    "authorizer": {"botocore", "pynamodb", "urllib3"},
    "jobs": BASE | {"boto3", "email_validator"},
    "purge": BASE | {"boto3", "email_validator"},
    "mailer": BASE | {"boto3", "email_validator", "phonenumbers", "requests", "resend"},
    "replies": BASE | {"boto3"},
    "console": BASE | {"boto3", "email_validator", "phonenumbers"},
    "webhooks": BASE | {"boto3", "email_validator", "phonenumbers"},
    "chat": BASE | {"boto3", "email_validator", "phonenumbers", "anthropic", "httpx2"},
}
_PROBE = "import json,sys,runpy;runpy.run_path(sys.argv[1]);print(json.dumps(list(sys.modules)))"


def loaded(handler: Path) -> set[str]:
    """Watched packages that a fresh interpreter has loaded after importing a handler."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers" / "shared")}
    result = subprocess.run(
        [sys.executable, "-c", _PROBE, str(handler)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {name.split(".")[0] for name in json.loads(result.stdout.splitlines()[-1])} & WATCHED


@pytest.mark.parametrize(
    "name", sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
)
def test_a_handler_loads_only_what_it_may(name: str):
    assert loaded(ROOT / "functions" / name / "handler.py") <= ALLOWED[name]


def test_only_chat_may_load_the_models_sdk_and_the_pixel_no_models_at_all():
    assert [name for name, allowed in ALLOWED.items() if "anthropic" in allowed] == ["chat"]
    assert not ALLOWED["pixel"] & {"pydantic", "stripe", "boto3", "aws_lambda_powertools"}


def test_twin_a_pixel_that_loads_pydantic_is_caught(tmp_path: Path):
    handler = tmp_path / "handler.py"
    handler.write_text((ROOT / "functions/pixel/handler.py").read_text() + "\nimport pydantic\n")

    assert loaded(handler) - ALLOWED["pixel"] == {"pydantic"}
