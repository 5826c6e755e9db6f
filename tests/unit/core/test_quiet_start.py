"""A cold start is not told to the log: lines cost money, and nobody reads them."""

import subprocess
import sys
from pathlib import Path

LAYER = Path(__file__).parents[3] / "layers" / "shared"
LISTEN = "import logging; logging.basicConfig(level=logging.INFO); import {module}"


def said(module: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", LISTEN.format(module=module)],
        env={"PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return result.stdout + result.stderr


def test_importing_the_table_says_nothing():
    assert said("leadlayer.core.table") == ""


def test_twin_the_library_alone_would_speak():
    assert "pynamodb" in said("pynamodb.models")
