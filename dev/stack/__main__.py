"""Command line of the local stack: starts it, waits, and stops what it started."""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dev.stack.ports import DEFAULT_BASE, NoFreePortsError, choose
from dev.stack.processes import Family
from dev.stack.progress import Progress, StackError, fail, tail
from dev.stack.seed_facts import OWNER_EMAIL
from dev.stack.settings import ROOT, Keys, Places
from dev.stack.stack import Addresses, Stack

# As on AWS (ReauthorizeEvery in infra/template.yaml).
DEFAULT_VERDICTS_KEPT_S = 30

BANNER = """
  LeadLayer is running.

    Console      {console}
                 sign in as {owner}; the link is in the outbox
    Mail outbox  {outbox}
    Demo shop    {demo}
    API          {api}
    Chat         {chat}
    Data         {state}  (make run ARGS=--fresh begins anew)
    Logs         {logs}

  Stop it with Ctrl-C.
"""


def main() -> int:
    arguments = _arguments()
    places = Places(arguments.state.resolve())
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _interrupt(stop))
    try:
        with _alone(places):
            return _run(arguments, places, stop)
    except (StackError, NoFreePortsError) as error:
        return fail(str(error))
    except KeyboardInterrupt:
        print("stopped before it was up", flush=True)
        return 130


def _interrupt(stop: threading.Event) -> None:
    """The first signal ends whatever is going on; later ones do not disturb the stopping."""
    if not stop.is_set():
        stop.set()
        raise KeyboardInterrupt


def _run(arguments: argparse.Namespace, places: Places, stop: threading.Event) -> int:
    progress = Progress()
    if arguments.fresh:
        _forget(places)
    places.create()
    family = Family(places.logs, ROOT, places.state / "children.json")
    if ended := family.end_orphans():
        progress.say(f"ended {ended} processes of a run that was killed")
    keys = Keys.read(ROOT / ".env")
    stack = Stack(
        places,
        choose(arguments.port_base),
        keys,
        family,
        progress,
        verdicts_kept_s=arguments.verdicts_kept_s,
    )
    try:
        addresses = stack.start()
        progress.say("everything answers")
        print(_banner(addresses, places), flush=True)
        return _watch(stack.family, stop)
    except KeyboardInterrupt:
        return 0
    finally:
        stop.set()
        print("stopping ...", flush=True)
        stack.stop()
        print("stopped", flush=True)


def _watch(family: Family, stop: threading.Event) -> int:
    while not stop.wait(0.5):
        dead = family.dead()
        if dead:
            raise StackError(
                f"{dead.name} ended with code {dead.exit_code}. Its log, {dead.log}:\n"
                f"{tail(dead.log)}"
            )
    return 0


@contextmanager
def _alone(places: Places) -> Generator[None]:
    """One stack per state folder: two would write the same data."""
    places.state.mkdir(parents=True, exist_ok=True)
    with (places.state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            raise StackError(
                f"a stack is running from {places.state} already (process {owner}). "
                "Stop it with Ctrl-C where it runs, or give this one its own folder with --state."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _forget(places: Places) -> None:
    """Data and deployment, not the build."""
    for directory in (places.aws, places.objects, places.temporary, places.logs):
        shutil.rmtree(directory, ignore_errors=True)
    for file in (places.deployed, places.outbox, places.state / "root-key"):
        file.unlink(missing_ok=True)


def _banner(addresses: Addresses, places: Places) -> str:
    return BANNER.format(
        console=addresses.console,
        owner=OWNER_EMAIL,
        demo=addresses.demo,
        outbox=addresses.outbox,
        api=addresses.api,
        chat=addresses.chat,
        state=places.state,
        logs=places.logs,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.stack", description=__doc__)
    parser.add_argument(
        "--port-base",
        type=int,
        default=DEFAULT_BASE,
        help=f"first of five ports (default {DEFAULT_BASE}; 0 takes any that are free)",
    )
    parser.add_argument(
        "--state", type=Path, default=ROOT / ".local", help="where data and logs are kept"
    )
    parser.add_argument(
        "--verdicts-kept-s",
        type=int,
        default=DEFAULT_VERDICTS_KEPT_S,
        help="how long a credential may work after it was taken back; never longer than on AWS",
    )
    parser.add_argument("--fresh", action="store_true", help="forget all data of earlier runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
