"""Decides how MiniStack is started: on this machine only, with its state in our own folder."""

import functools
import os
import shutil
import sys
from pathlib import Path

from dev.stack.aws import ACCOUNT, REGION, LocalAws
from dev.stack.processes import Family, answers, wait_until
from dev.stack.settings import ROOT, Places

PYTHON = ROOT / ".venv-stack" / "bin" / "python"


def start_ministack(family: Family, places: Places, port: int) -> LocalAws:
    """Returns when it answers."""
    aws = LocalAws(f"http://127.0.0.1:{port}")
    # Functions unpacked by a stack that was killed.
    shutil.rmtree(places.temporary, ignore_errors=True)
    places.temporary.mkdir(parents=True)
    child = family.start(
        "ministack", [str(PYTHON), "-m", "dev.stack.aws_server"], _environment(places, port)
    )
    health = f"{aws.endpoint}/_ministack/health"
    ready = functools.partial(answers, health, timeout=2)
    wait_until(lambda: ready() == 200, child, "MiniStack", 60)
    return aws


def _environment(places: Places, port: int) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "false",  # it would listen on 0.0.0.0:8883
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(places.aws),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(places.objects),
        "TMPDIR": str(places.temporary),
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_DEFAULT_REGION": REGION,
        "LEADLAYER_FUNCTION_PROCESSES": str(function_processes()),
        "LEADLAYER_FUNCTION_PYTHON": str(_isolated_python(places.state)),
    }


def function_processes() -> int:
    """Environments per function. They mostly wait for the database, hence a few per core."""
    return max(3, min(8, (os.cpu_count() or 2) + 1))


def _isolated_python(state: Path) -> Path:
    """An interpreter for functions that knows no site-packages (-S), as in AWS."""
    script = state / "lambda-python"
    interpreter = Path(sys.base_prefix) / "bin" / "python3.13"
    script.write_text(f'#!/bin/sh\nexec "{interpreter}" -S "$@"\n')
    script.chmod(0o755)
    return script
