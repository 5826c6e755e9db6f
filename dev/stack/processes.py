"""Decides how the stack's processes start, are watched and are stopped: these and no others."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dev.stack.progress import StackError, tail

# What a child may inherit: enough to find programs and to speak the user's language. Everything
# else (keys, AWS profiles, PYTHON* settings) would change what the functions do.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "PYENV_ROOT")


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


class Child:
    """One process of the stack, in a process group of its own."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self._process.terminate()

    def make_stop(self, deadline: float) -> None:
        """Waits until `deadline` (monotonic), then kills; its own children go in any case."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Family:
    """All children of one `make run`, noted in `record` so that a killed run can be cleaned up."""

    def __init__(self, logs: Path, root: Path, record: Path) -> None:
        self._logs = logs
        self._root = root
        self._record = record
        self._children: list[Child] = []
        self._noted: list[tuple[int, str]] = []

    def end_orphans(self) -> int:
        """Kills what a run that was itself killed left behind; a pid alone proves nothing."""
        noted = json.loads(self._record.read_text()) if self._record.exists() else []
        ended = 0
        for pid, command in noted:
            shown = subprocess.run(
                ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, check=False
            ).stdout.decode(errors="replace")
            if shown.strip() == command:
                os.killpg(pid, signal.SIGKILL)
                ended += 1
        self._record.unlink(missing_ok=True)
        return ended

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        log = self._logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                list(command),
                cwd=self._root,
                env=clean_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches `make run` alone, which stops in order
            )
        child = Child(name, process, log)
        self._children.append(child)
        self._noted.append((process.pid, " ".join(command)))
        self._record.write_text(json.dumps(self._noted))
        return child

    def __iter__(self) -> Iterator[Child]:
        return iter(self._children)

    def named(self, name: str) -> Child:
        return next(child for child in self._children if child.name == name)

    def dead(self) -> Child | None:
        return next((child for child in self._children if child.exit_code is not None), None)

    def stop(self, grace: float = 15.0) -> None:
        """The last one started is asked first: MiniStack, the first, then saves a quiet state."""
        for child in reversed(self._children):
            child.ask_to_stop()
            child.make_stop(time.monotonic() + grace)
        self._children.clear()
        self._record.unlink(missing_ok=True)


def wait_until(ready: Callable[[], bool], child: Child, what: str, timeout: float) -> None:
    """Waits for `ready`, and says why when the process has ended or takes too long."""
    deadline = time.monotonic() + timeout
    while not ready():
        if child.exit_code is not None:
            raise StackError(f"{what} ended at once. Its log, {child.log}:\n{tail(child.log)}")
        if time.monotonic() > deadline:
            raise StackError(
                f"{what} does not answer after {timeout:.0f} s. Its log, {child.log}:\n"
                f"{tail(child.log)}"
            )
        time.sleep(0.05)


def answers(url: str, *, method: str = "GET", timeout: float = 20.0) -> int:
    """The status of an answer; 0 when nobody answers."""
    request = urllib.request.Request(url, method=method)  # noqa: S310  # our own addresses
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code
    except OSError:
        return 0


def run_to_log(
    command: Sequence[str], environment: Mapping[str, str], log: Path, root: Path, what: str
) -> None:
    """Runs a command to its end with its output in `log`; raises with the log's tail."""
    with log.open("wb") as output:
        done = subprocess.run(
            list(command),
            cwd=root,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise StackError(f"{what} failed. The end of {log}:\n{tail(log)}")
