"""One local stack for all tests of a run: started when the first test asks, stopped at the end.

LEADLAYER_STACK=.local/stack.json uses a stack that is running already, for quick repetition.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 240
# A tenth of what the template tells AWS (tests/repo/test_template_events.py holds that at 30).
VERDICTS_KEPT_S = 3
STOP_LIMIT_S = 60
KEY = pytest.StashKey["RunningStack"]()


@dataclass
class RunningStack:
    """A stack in a state folder of its own, on ports of its own."""

    state: Path
    port_base: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def addresses(self) -> dict[str, Any]:
        return json.loads((self.state / "stack.json").read_text())

    @property
    def internals(self) -> dict[str, Any]:
        return json.loads((self.state / "internals.json").read_text())

    @property
    def revoked_within_s(self) -> int:
        """A credential that was taken back works as long as the gateway keeps the answer about it.

        The promise is a minute where AWS keeps it for 30 seconds, so here twice what is kept.
        """
        return 2 * self.internals["verdicts_kept_s"]

    def start(self) -> None:
        """Returns when everything answers; fails with what the stack said otherwise."""
        command = [sys.executable, "-m", "dev.stack", "--state", str(self.state)]
        command += ["--port-base", str(self.port_base)]
        command += ["--verdicts-kept-s", str(VERDICTS_KEPT_S)]
        said = self.state / "said.txt"
        with said.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = time.monotonic() + START_LIMIT_S
        while not (self.state / "stack.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"the local stack did not start:\n{said.read_text()}", pytrace=False)
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL to every process of the stack, as a power cut would."""
        pids = [*self.internals["pids"].values()]
        if self.process is not None:
            pids.append(self.process.pid)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        (self.state / "stack.json").unlink()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()


def free_block() -> int:
    """The first of five free ports; fixed, so that a stack comes back where it was."""
    for base in range(21000 + os.getpid() % 700 * 10, 30000, 10):
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(base, base + 5):
                probes.enter_context(socket.create_server(("127.0.0.1", port)))
            return base
    raise OSError("no block of five free ports")


def running_stack(config: pytest.Config) -> RunningStack:
    """The one of this run, whichever conftest asks first."""
    if KEY not in config.stash:
        config.stash[KEY] = _begin(config)
    return config.stash[KEY]


def _begin(config: pytest.Config) -> RunningStack:
    given = os.environ.get("LEADLAYER_STACK")
    if given:
        return RunningStack(Path(given).resolve().parent, port_base=0)
    folder = tempfile.TemporaryDirectory(prefix="leadlayer-stack-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    stack = RunningStack(Path(folder.name), free_block())
    config.add_cleanup(stack.stop)
    stack.start()
    return stack


@pytest.fixture(scope="session")
def revoked_within_s(request: pytest.FixtureRequest) -> int:
    return running_stack(request.config).revoked_within_s


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The parsed stack.json of the running local stack."""
    return running_stack(request.config).addresses
