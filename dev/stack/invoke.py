"""Sends one event file to one function of the running stack and prints the answer."""

import json
import sys
from pathlib import Path

from dev.stack.aws import DeployedStack, LocalAws
from dev.stack.progress import fail
from dev.stack.settings import ROOT, read_json


def main() -> int:
    folder, case = sys.argv[1:3]
    cases = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
    event = ROOT / "events" / f"{folder}.{case}.json"
    if not event.exists():
        return fail(f"say F=<function> CASE=<case>; there are {', '.join(cases)}")
    stack = read_json(ROOT / ".local" / "stack.json")
    if not stack:
        return fail("no stack is running: start it with `make run` in another terminal")
    print(json.dumps(_invoke(LocalAws(stack["aws_endpoint"]), folder, event), indent=2))
    return 0


def _invoke(aws: LocalAws, folder: str, event: Path) -> object:
    _, name = DeployedStack.read(aws).function(folder)
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=event.read_bytes())
    return json.loads(answer["Payload"].read())


if __name__ == "__main__":
    sys.exit(main())
