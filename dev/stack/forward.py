"""Lets the containers of `sam local` reach the running stack, which listens on loopback alone.

Listens on the address of a container bridge only (Docker's is 172.17.0.1), never on the network.
"""

import argparse
import asyncio
import contextlib
import ipaddress
import json
import sys
from urllib.parse import urlsplit

from dev.stack.aws import DeployedStack, LocalAws
from dev.stack.settings import ROOT

_STACK = ROOT / ".local" / "stack.json"
_ENVIRONMENT = ROOT / ".local" / "sam-env.json"
_PIECE = 64 * 1024
_RESOURCES = frozenset(
    {"TABLE_NAME", "LEDGER_TABLE_NAME", "EXPORT_BUCKET", "JOBS_QUEUE_URL", "CREDENTIAL_KEY"}
)
# Between them these have all.
_TOLD_TOGETHER = ("console", "jobs")


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await source.read(_PIECE):
            sink.write(piece)
            await sink.drain()
    sink.close()


async def forward(listen: str, port: int) -> None:
    """Runs until it is cancelled. Raises OSError when the address is not of this machine."""

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer))

    server = await asyncio.start_server(joined, listen, port)
    async with server:
        await server.serve_forever()


def is_bridge(address: str) -> bool:
    """A private address and not the loopback: what a container bridge has."""
    ip = ipaddress.ip_address(address)
    return ip.is_private and not ip.is_loopback and not ip.is_unspecified


def _deployed(aws: LocalAws) -> dict[str, str]:
    """What the deployed functions are told of the resources around them: `sam local` would tell
    them the template's own names."""
    functions = aws.client("lambda")
    found: dict[str, str] = {}
    for folder in _TOLD_TOGETHER:
        _, name = DeployedStack.read(aws).function(folder)
        settings = functions.get_function_configuration(FunctionName=name)
        variables = settings["Environment"]["Variables"]
        found |= {each: variables[each] for each in _RESOURCES & variables.keys()}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="172.17.0.1", help="the bridge's address")
    given = parser.parse_args()
    if not _STACK.exists():
        print("the local stack is not running: start it with `make run`", file=sys.stderr)
        return 2
    if not is_bridge(given.listen):
        print(f"{given.listen} is not the address of a container bridge", file=sys.stderr)
        return 2
    stack = json.loads(_STACK.read_text())
    port = urlsplit(stack["aws_endpoint"]).port or 0
    endpoint = f"http://{given.listen}:{port}"
    variables = {**_deployed(LocalAws(stack["aws_endpoint"])), "AWS_ENDPOINT_URL": endpoint}
    _ENVIRONMENT.write_text(json.dumps({"Parameters": variables}))
    print(f"containers reach the stack at {endpoint}; Ctrl-C ends it", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(forward(given.listen, port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
