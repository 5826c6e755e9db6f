"""Decides what each artifact holds. SAM runs it through dev/build/Makefile, from the root.

Usage: python3.13 -m dev.build.package layer|FUNCTION ARTIFACTS_DIR
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dev.build.bytecode import compile_tree
from dev.build.prune import PruneError, amazon_roots
from dev.build.target import Target, TargetError
from dev.build.third_party import ROOT, installed

LAYER = ROOT / "layers" / "shared"
# Where Lambda unpacks a layer and a function: tracebacks name these paths.
_LAYER_AT = "/opt/python"
_FUNCTION_AT = "/var/task"
# Fixed, so that equal contents make equal zips. 1980 is the oldest year that a zip can hold.
_BUILT_AT = 315_619_200
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", "requirements.*")


def build_layer(out: Path, target: Target) -> None:
    python = out / "python"
    packages = installed("layer", LAYER / "requirements.txt", target, _LAYER_AT)
    _copy_packages(packages, python)
    ours = python / "leadlayer"
    shutil.copytree(LAYER / "leadlayer", ours, ignore=_NOT_SHIPPED)
    bundle = (packages / "botocore" / "cacert.pem").read_text("utf-8")
    (ours / "core").mkdir(exist_ok=True)
    (ours / "core" / "amazon_roots.pem").write_text(amazon_roots(bundle), "ascii")
    compile_tree(ours, f"{_LAYER_AT}/leadlayer")


def build_function(name: str, out: Path, target: Target) -> None:
    source = ROOT / "functions" / name
    if not (source / "handler.py").is_file():
        raise TargetError(f"functions/{name}/handler.py is missing")
    lock = source / "requirements.txt"
    if lock.is_file():
        _copy_packages(installed(name, lock, target, _FUNCTION_AT), out)
    # Aside, so that compiling our few files leaves the thousands beside them alone.
    with tempfile.TemporaryDirectory() as scratch:
        ours = Path(scratch) / name
        shutil.copytree(source, ours, ignore=_NOT_SHIPPED)
        if name == "web":
            _build_for_browsers("widget", ours / "widget.js")
            _build_for_browsers("console", ours / "console")
            shutil.copytree(ROOT / "web" / "widget" / "releases", ours, dirs_exist_ok=True)
        compile_tree(ours, _FUNCTION_AT)
        shutil.copytree(ours, out, dirs_exist_ok=True)


def _copy_packages(packages: Path, out: Path) -> None:
    """Link rather than copy: the cache and the artifact are the same read-only files."""
    shutil.copytree(packages, out, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)


def _build_for_browsers(what: str, out: Path) -> None:
    builder = ROOT / "web" / what / "build.py"
    if subprocess.run([sys.executable, str(builder), str(out)], check=False).returncode:
        raise TargetError(f"web: the {what} was not built")


def _fix_times(out: Path) -> None:
    for path in out.rglob("*"):
        os.utime(path, (_BUILT_AT, _BUILT_AT))


def main(what: str, out: Path) -> None:
    target = Target.from_environment()
    out.mkdir(parents=True, exist_ok=True)
    if what == "layer":
        build_layer(out, target)
    else:
        build_function(what, out, target)
    _fix_times(out)
    files = [path for path in out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{what}: {len(files)} files, {size:.1f} MB unzipped", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except (TargetError, PruneError) as error:
        sys.exit(str(error))
