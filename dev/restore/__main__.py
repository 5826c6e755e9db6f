"""`make restore` and the operator's command: a restored copy goes through its steps, or stays shut.

On AWS it runs with the operator's own credentials; see docs/operations.md for what comes before and
after. Exit code 0 means done, verified, or fit to be served; 1 that it is not.
"""

import argparse
import sys
import time
from pathlib import Path

import boto3

from dev.restore.deployed import Deployed, restore_of
from dev.restore.local import restored, running
from dev.stack.progress import StackError
from dev.stack.settings import ROOT
from leadlayer.privacy.restore import Restore
from leadlayer.privacy.restore_check import Report
from leadlayer.privacy.restore_copy import Refused

_BEGAN = time.monotonic()


def main() -> int:
    given = _arguments()
    try:
        if given.local:
            return _on_this_machine(given)
        deployed = Deployed.read(given.stage, given.region)
        return _do(restore_of(deployed, given.copy, wait_s=5, tell=tell), given)
    except (Refused, StackError) as error:
        print(f"restore: {error}", file=sys.stderr)
        return 1


def tell(line: str) -> None:
    print(f"{time.monotonic() - _BEGAN:8.1f} s  {line}", flush=True)


def _on_this_machine(given: argparse.Namespace) -> int:
    deployed = running(given.stack)
    client = boto3.client("dynamodb", region_name=deployed.region)
    with restored(client, deployed.table, backup=given.backup, keep=given.keep) as (
        name,
        made_at,
    ):
        tell(f"copy: {name} is there, in quarantine")
        code = _do(restore_of(deployed, name, wait_s=0.1, tell=tell, made_at=made_at), given)
    tell(f"copy: {'kept' if given.keep else 'deleted; ARGS=--keep leaves it'}")
    return code


def _do(restore: Restore, given: argparse.Namespace) -> int:
    if given.may_be_served:
        hindrances = restore.hindrances()
        tell("; ".join(hindrances) or "it may be served")
        return 1 if hindrances else 0
    report = restore.verify() if given.verify else restore.run()
    _show(report)
    return 0 if report.is_clean else 1


def _show(report: Report) -> None:
    tell(f"verified: {report.rows} rows looked at")
    for name, count in report.findings.items():
        tell(f"verified: FOUND {count}: {name}")
    last = "nothing found, out of quarantine" if report.is_clean else "it stays in quarantine"
    tell(f"verified: {last}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.restore", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--local", action="store_true", help="a drill on the local stack")
    where.add_argument("--stage", choices=("dev", "prod"))
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--copy", help="with --stage: the restored table")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--verify", action="store_true", help="only the last step")
    what.add_argument("--may-be-served", action="store_true", help="only say whether it may be")
    parser.add_argument("--stack", type=Path, default=ROOT / ".local" / "stack.json")
    parser.add_argument("--backup", help="with --local: of this backup instead of a new one")
    parser.add_argument("--keep", action="store_true", help="with --local: leave the copy there")
    given = parser.parse_args()
    if given.stage and not given.copy:
        parser.error("--stage needs --copy")
    return given


if __name__ == "__main__":
    sys.exit(main())
