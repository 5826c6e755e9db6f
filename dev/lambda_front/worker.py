"""One process running the real runtime interface client, in an environment like Lambda's."""

import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .invocation import Invocation
from .runtime_api import RuntimeApi

# What `python -m awslambdaric` needs; everything else of this interpreter's packages stays hidden.
_RUNTIME_MODULES = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
_STOP_GRACE_S = 3.0
# The functions' log lines: standard output stays with the program that starts them.
_STDERR = 2
# How long the last piece of a process that has ended may take to be read from its socket.
_LAST_WORDS_S = 1.0


@dataclass(frozen=True)
class Function:
    """What runs: the folders as they are packaged, the handler and its environment."""

    function_dir: Path
    handler: str
    runtime_dir: Path
    layer_dir: Path | None = None
    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_s: float = 60.0

    @property
    def name(self) -> str:
        return self.function_dir.name

    @property
    def arn(self) -> str:
        region = self.environment.get("AWS_REGION", "eu-central-1")
        return f"arn:aws:lambda:{region}:000000000000:function:{self.name}:live"

    def command(self) -> list[str]:
        # -S: no site-packages, so that nothing is importable that the package does not bring.
        return [self.python, "-S", "-m", "awslambdaric", self.handler]

    def worker_environment(self, runtime_api: str) -> dict[str, str]:
        """What Lambda sets (developer guide, "Defined runtime environment variables")."""
        region = self.environment.get("AWS_REGION", "eu-central-1")
        paths = [self.function_dir, *_layer_paths(self.layer_dir), self.runtime_dir]
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": tempfile.gettempdir(),  # keeps SDKs away from the developer's own profile
            "LAMBDA_TASK_ROOT": str(self.function_dir),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            **self.environment,
            "_HANDLER": self.handler,
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        }


def _layer_paths(layer_dir: Path | None) -> list[Path]:
    """A layer's folder as built has `python/` in it, as it is on Lambda's path."""
    if layer_dir is None:
        return []
    return [layer_dir / "python" if (layer_dir / "python").is_dir() else layer_dir]


def make_runtime_dir(parent: Path) -> Path:
    """A folder with links to the runtime interface client and what it imports, and no more."""
    folder = parent / "runtime"
    folder.mkdir()
    for module in _RUNTIME_MODULES:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"{module} is not installed: it comes with awslambdaric")
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


class Worker:
    """Starts the process, hands it one invocation at a time and notices its end."""

    def __init__(
        self,
        function: Function,
        *,
        on_idle: Callable[["Worker"], None],
        on_exit: Callable[["Worker"], None],
    ) -> None:
        self._function = function
        self._on_idle = on_idle
        self._on_exit = on_exit
        self._api = RuntimeApi(self, function.arn)
        self._slot: asyncio.Future[Invocation | None] | None = None
        self._current: Invocation | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.init_error: str | None = None
        self.was_ready = False

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the worker has not been started")
        return self._process.pid

    async def start(self) -> None:
        address = await self._api.start()
        self._process = await asyncio.create_subprocess_exec(
            *self._function.command(),
            cwd=self._function.function_dir,
            env=self._function.worker_environment(address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=_STDERR,
            start_new_session=True,  # a Ctrl-C in the terminal is for the front alone
        )
        self._watcher = asyncio.create_task(self._watch(self._process))

    def give(self, invocation: Invocation) -> None:
        """Only to a worker that said it was idle."""
        if self._slot is None or self._slot.done():
            raise RuntimeError("the worker is not waiting for an invocation")
        self._current = invocation
        seconds = invocation.begin()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._too_late, invocation)
        self._slot.set_result(invocation)

    async def stop(self) -> None:
        """End this process, politely first."""
        if self._slot is not None and not self._slot.done():
            self._slot.set_result(None)
        if self._process is None or self._watcher is None:
            return
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._watcher), _STOP_GRACE_S)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._watcher

    # What the Runtime API asks and tells (runtime_api.Dispatcher).

    async def next_invocation(self) -> Invocation | None:
        self._finish("the function asked for more work without an answer")
        self.was_ready = True
        self._slot = asyncio.get_running_loop().create_future()
        self._on_idle(self)
        return await self._slot

    def current(self, invocation_id: str) -> Invocation | None:
        found = self._current
        return found if found is not None and found.id == invocation_id else None

    def answered(self, invocation: Invocation) -> None:
        if self._current is invocation:
            self._finish(None)

    def init_failed(self, reason: str) -> None:
        self.init_error = reason

    def _finish(self, failure: str | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._current is not None:
            self._current.end(failure)
        self._current = self._deadline = None

    def _too_late(self, invocation: Invocation) -> None:
        invocation.end("the function timed out")
        self._signal(signal.SIGKILL)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        self.init_error = self.init_error or f"the process ended with {code}"
        if self._slot is not None and not self._slot.done():
            self._slot.set_result(None)
        await self._api.stop(_LAST_WORDS_S)
        self._finish("the function's process ended")
        self._on_exit(self)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
