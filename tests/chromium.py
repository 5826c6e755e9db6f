"""Whether there is a browser to test with, and what to say when there is none."""

import os
import shutil

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_BROWSER = "no Chromium: `apt-get install chromium`, or set CHROMIUM to its path"


def chromium_path() -> str | None:
    return shutil.which(os.environ.get("CHROMIUM") or "chromium")


def may_be_left_out() -> bool:
    """On a developer's machine browser tests are left out; in CI their absence is a failure."""
    return chromium_path() is None and os.environ.get("CI") != "true"
