"""Decides what outlives a kill: every acknowledged write of MiniStack's DynamoDB is on disk first.

MiniStack saves its state only when it stops in good order (ministack.core.persistence), so a
killed process would forget every write. This module appends each successful write to a journal
before the answer leaves, and repeats the journal on top of the last saved state at the start.
"""

# Changes another program from within, and only under the version that requirements/stack.txt pins.
# ruff: noqa: SLF001
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import persistence, responses
from ministack.services import dynamodb

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
MARK = "leadlayer_journal"
Answer = tuple[int, dict[str, str], bytes]


class Journal:
    """One append-only file per generation; a saved state names the generation that follows it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._generation = 0
        self._file: int | None = None

    def path(self, generation: int) -> Path:
        return self._directory / f"dynamodb-journal-{generation}.jsonl"

    def open(self, generation: int) -> None:
        """Continues `generation` and removes every other one: they are in the saved state."""
        if self._file is not None:
            os.close(self._file)
        self._generation = generation
        keep = self.path(generation)
        for old in self._directory.glob("dynamodb-journal-*.jsonl"):
            if old != keep:
                old.unlink()
        self._file = os.open(keep, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    @property
    def next_generation(self) -> int:
        return self._generation + 1

    def append(self, entry: dict[str, str]) -> None:
        if self._file is None:
            self.open(self._generation)
        # A write() that returned survives the death of this process; no fsync: a laptop that loses
        # power in the middle of a demonstration may lose its last second.
        os.write(self._file or 0, json.dumps(entry).encode() + b"\n")

    def entries(self, generation: int) -> list[dict[str, str]]:
        path = self.path(generation)
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")
        return [json.loads(line) for line in lines if line.endswith(b"}")]


def install(directory: Path) -> None:
    """Puts the journal around MiniStack's DynamoDB and its saving and loading of state."""
    directory.mkdir(parents=True, exist_ok=True)
    journal = Journal(directory)
    answer = dynamodb.handle_request
    _journal_every_write(journal, answer)
    _mark_every_save(journal, directory)
    _replay_after_load(journal, answer)


def _journal_every_write(journal: Journal, answer: Callable[..., Any]) -> None:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        # The handler never awaits, so the order of the journal is the order of the writes.
        result = await answer(method, path, headers, body, query)
        target = headers.get("x-amz-target", "")
        if result[0] == 200 and target.rpartition(".")[2] in WRITES:
            journal.append(
                {
                    "account": responses.get_account_id(),
                    "region": responses.get_region(),
                    "target": target,
                    "body": body.decode(),
                }
            )
        return result

    dynamodb.handle_request = handle_request


def _mark_every_save(journal: Journal, directory: Path) -> None:
    save = persistence.save_state
    saved = directory / "dynamodb.json"

    def inode() -> int:
        return saved.stat().st_ino if saved.exists() else 0

    def save_state(service: str, data: dict[str, Any]) -> None:
        if service == "lambda":
            _start_streams_anew(data)
        if service != "dynamodb":
            save(service, data)
            return
        before, following = inode(), journal.next_generation
        save(service, {**data, MARK: following})
        if inode() != before:  # save_state swallows errors; a replaced file is the proof
            journal.open(following)

    persistence.save_state = save_state


def _start_streams_anew(data: dict[str, Any]) -> None:
    """MiniStack saves how far each reader of a stream has come, but not the stream itself.

    After a start the readers would skip as many new records as they had read old ones.
    """
    positions = data["dynamodb_stream_positions"]._data
    positions.update(dict.fromkeys(positions, 0))


def _replay_after_load(journal: Journal, answer: Callable[..., Any]) -> None:
    load = dynamodb.load_persisted_state

    def load_persisted_state(data: dict[str, Any]) -> None:
        load(data)
        generation = int(data.get(MARK, 0))
        for entry in journal.entries(generation):
            _replay(answer, entry)
        journal.open(generation)

    dynamodb.load_persisted_state = load_persisted_state


def _replay(answer: Callable[..., Any], entry: dict[str, str]) -> None:
    responses.set_request_account_id(entry["account"])
    responses.set_request_region(entry["region"])
    headers = {"x-amz-target": entry["target"]}
    step = answer("POST", "/", headers, entry["body"].encode(), {})
    try:
        step.send(None)
    except StopIteration:
        return
    raise RuntimeError("MiniStack's DynamoDB handler awaits now: replay needs another way")
