"""Installs what a lock file names, pruned and compiled, and keeps the result for the next build."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dev.build.bytecode import compile_tree
from dev.build.prune import prune
from dev.build.target import PYTHON, Target, TargetError

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".local" / "build-cache"


def installed(name: str, lock: Path, target: Target, installed_at: str) -> Path:
    """Return a folder with the locked packages; the second time it is there already."""
    kind = f"{name}-{target.arch}-"
    tree = CACHE / (kind + _fingerprint(lock, target, installed_at))
    if tree.is_dir():
        print(f"{name}: packages for {target.arch} from the cache", flush=True)
        return tree
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="new-") as scratch:
        fresh = Path(scratch) / "tree"
        _install(name, lock, target, fresh)
        prune(fresh)
        print(f"{name}: compiling", flush=True)
        compile_tree(fresh, installed_at)
        _publish(fresh, tree)
    for outdated in CACHE.glob(kind + "*"):
        if outdated != tree:
            shutil.rmtree(outdated, ignore_errors=True)
    return tree


def _fingerprint(lock: Path, target: Target, installed_at: str) -> str:
    digest = hashlib.sha256(f"{target.arch} {installed_at} {sys.version}".encode())
    for path in [lock, *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _install(name: str, lock: Path, target: Target, tree: Path) -> None:
    if sys.version_info[:2] != PYTHON:
        raise TargetError(f"bytecode must be made by Python {PYTHON[0]}.{PYTHON[1]}, as in Lambda")
    print(f"{name}: installing the packages for {target.arch}", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    # --no-deps: the lock is complete, and what the layer ships was left out of it on purpose.
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", *target.pip_options()]
    command += ["--target", str(tree), "--requirement", str(lock)]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise TargetError(f"{name}: pip could not install {lock.relative_to(ROOT)}\n{run.stderr}")
    print(f"{name}: installed in {time.monotonic() - started:.0f} s", flush=True)


def _publish(fresh: Path, tree: Path) -> None:
    try:
        fresh.rename(tree)
    except OSError:
        # Another build was quicker with the same content.
        if not tree.is_dir():
            raise
