"""Decides when the template must be built again: when anything that goes into it has changed."""

import fcntl
import hashlib
import os
import platform
from pathlib import Path

from dev.stack.processes import run_to_log
from dev.stack.progress import Progress
from dev.stack.settings import ROOT, Places

SOURCES = ("infra", "functions", "layers", "web/widget", "web/console", "dev/build")
BIN = ROOT / ".venv" / "bin"
SAM = ROOT / ".venv-sam" / "bin" / "sam"


def architecture() -> str:
    """Of this machine, in Lambda's words: the functions run here."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def inputs_digest() -> str:
    """Stands for every file that goes into the packages."""
    digest = hashlib.sha256(architecture().encode())
    for source in SOURCES:
        for file in sorted((ROOT / source).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def ensure_built(places: Places, progress: Progress) -> str:
    """Builds if needed and returns the build's digest. One build at a time per clone."""
    stamp = places.build / "inputs.sha256"
    with (places.build / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        digest = inputs_digest()
        if stamp.exists() and stamp.read_text() == digest:
            progress.say("packages: unchanged since the last build")
            return digest
        with progress.step("building the packages (sam build)"):
            stamp.unlink(missing_ok=True)
            _build(places.build, places.logs / "sam-build.log")
        stamp.write_text(digest)
        return digest


def package_source() -> dict[str, str]:
    """Where this machine gets packages from: a mirror or a proxy, for instance."""
    names = ("PIP_", "UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: value for name, value in os.environ.items() if name.upper().startswith(names)}


def _build(folder: Path, log: Path) -> None:
    command = [str(SAM), "build", "--template-file", "infra/template.yaml"]
    command += ["--build-dir", str(folder / "packages"), "--cache-dir", str(folder / "cache")]
    environment = {
        **package_source(),
        "SAM_CLI_TELEMETRY": "0",
        "LEADLAYER_ARCH": architecture(),
        "AWS_DEFAULT_REGION": "eu-central-1",
        # The Makefiles call uv and python3.13, the ones of the development environment.
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
    }
    run_to_log(command, environment, log, ROOT, "sam build")
