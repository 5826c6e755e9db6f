"""Deploys a stage under a release of its own, so that chat's alias moves whenever chat may differ.

Usage: python -m dev.build.deploy dev|prod [--dry-run]
"""

import argparse
import hashlib
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path("infra") / "samconfig.toml"
STAGES = ("dev", "prod")
# What the template has no default for.
YOURS = ("MailFrom",)
# All that decides how a published version of chat behaves, next to the template's parameters.
SOURCES = ("layers/shared", "functions/chat", "dev/build", "infra/template.yaml")


class NotDeployable(Exception):
    """infra/samconfig.toml does not say what has to be known."""


def overrides(config: str, stage: str) -> dict[str, str]:
    """The stage's parameters as samconfig.toml lists them: `Name=value` or `Name="a value"`."""
    listed = tomllib.loads(config)[stage]["deploy"]["parameters"]["parameter_overrides"]
    pairs = (entry.partition("=") for entry in listed)
    found = {name: value.strip('"') for name, _, value in pairs}
    if missing := [name for name in YOURS if not found.get(name)]:
        raise NotDeployable(f"{CONFIG}, {stage}: say {' and '.join(missing)}")
    return found


def release(root: Path, parameters: dict[str, str]) -> str:
    """Stands for the content of the sources and for the parameters, whatever their order."""
    digest = hashlib.sha256(repr(sorted(parameters.items())).encode())
    for file in _files(root):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"\0{file.relative_to(root).as_posix()}\0{content}".encode())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        within = [root / source, *(root / source).rglob("*")]
        files = (each for each in within if each.is_file() and "__pycache__" not in each.parts)
        yield from sorted(files)


def command(root: Path, stage: str) -> list[str]:
    parameters = overrides((root / CONFIG).read_text("utf-8"), stage)
    parameters["Release"] = release(root, parameters)
    sam = root / ".venv-sam" / "bin" / "sam"
    program = str(sam) if sam.exists() else shutil.which("sam") or "sam"
    chosen = [program, "deploy", "--config-file", str(CONFIG), "--config-env", stage]
    # On the command line they replace the file's, hence all of them.
    named = [f'{name}="{value}"' for name, value in parameters.items()]
    return [*chosen, "--parameter-overrides", *named]


def main(stage: str, *, dry_run: bool) -> int:
    try:
        run = command(ROOT, stage)
    except NotDeployable as error:
        print(error, file=sys.stderr)
        return 2
    print(shlex.join(run), flush=True)
    return 0 if dry_run else subprocess.run(run, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be run")
    given = parser.parse_args()
    sys.exit(main(given.stage, dry_run=given.dry_run))
