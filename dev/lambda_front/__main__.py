"""Command line of the stand-in: which function, how many workers, which port."""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from .events import CHAT_RESOURCES, Resource
from .front import Front
from .pool import Pool
from .worker import Function, make_runtime_dir


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="lambda-front-") as scratch:
        return asyncio.run(_run(options, Path(scratch)))


async def _run(options: argparse.Namespace, scratch: Path) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    pool = Pool(_function(options, scratch), workers=options.workers, queue=options.queue)
    front = Front(pool, resources=_resources(options), stage=options.stage)
    try:
        if not await _started(pool, stop):
            return 1
        port = await front.start(options.port)
        print(f"listening on http://127.0.0.1:{port}", flush=True)
        await stop.wait()
        return 0
    finally:
        await front.stop()
        await pool.stop()


async def _started(pool: Pool, stop: asyncio.Event) -> bool:
    """Whether the first worker got through its init; a signal while it starts ends the wait."""
    starting = asyncio.create_task(pool.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (starting, stopping):
        task.cancel()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await starting
            return True
    except RuntimeError as failure:
        print(failure, file=sys.stderr, flush=True)
    return False


def _function(options: argparse.Namespace, scratch: Path) -> Function:
    return Function(
        function_dir=options.function_dir.resolve(strict=True),
        layer_dir=options.layer_dir and options.layer_dir.resolve(strict=True),
        handler=options.handler,
        runtime_dir=make_runtime_dir(scratch),
        python=_absolute(options.python),
        environment=read_env_file(options.env_file) if options.env_file else {},
        timeout_s=options.timeout,
    )


def _absolute(python: str) -> str:
    """Workers start in another folder. Links stay: a virtual environment's python is one."""
    return str(Path(python).absolute()) if "/" in python else python


def _resources(options: argparse.Namespace) -> tuple[Resource, ...]:
    return tuple(Resource(path) for path in options.resource) or CHAT_RESOURCES


def read_env_file(path: Path) -> dict[str, str]:
    """KEY=VALUE lines; empty lines and lines that begin with # say nothing."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.lambda_front", description=__doc__)
    parser.add_argument("--function-dir", type=Path, required=True, help="the function as packaged")
    parser.add_argument("--layer-dir", type=Path, help="the layer as packaged")
    parser.add_argument("--handler", default="handler.lambda_handler")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--workers", type=int, default=4, help="processes at most")
    parser.add_argument("--queue", type=int, default=1000, help="requests that may wait for one")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for one invocation")
    parser.add_argument("--env-file", type=Path, help="KEY=VALUE lines for the workers")
    parser.add_argument("--stage", default="local")
    parser.add_argument("--resource", action="append", default=[], help="a path; may be repeated")
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the workers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
