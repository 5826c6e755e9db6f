"""Compiles a tree so that Lambda never does: there the code is read-only, so it would compile at
every cold start.
"""

import importlib.util
import marshal
import os
import subprocess
import sys
from pathlib import Path
from types import CodeType

# Byte 4 of a .pyc: 1 = validated by hash of the source, and bit 1 = that hash is checked (PEP 552).
_UNCHECKED_HASH = 0b01


def compile_tree(tree: Path, installed_at: str) -> None:
    """Compile in place. Unchecked hashes hold whatever a zip does to the modification times."""
    # A fixed hash seed makes sets of constants, and so the files, the same in every build.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "compileall", "-q", "-f", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", installed_at]
    subprocess.run([*command, str(tree)], check=True, env=environment)


def fault_of(source: Path) -> str | None:
    """Say why Python would not simply load the bytecode of this file; None when it would."""
    cached = Path(importlib.util.cache_from_source(str(source)))
    if not cached.is_file():
        return "not compiled"
    content = cached.read_bytes()
    if content[:4] != importlib.util.MAGIC_NUMBER:
        return "compiled by another Python"
    if int.from_bytes(content[4:8], "little") != _UNCHECKED_HASH:
        return "not an unchecked hash"
    if content[8:16] != importlib.util.source_hash(source.read_bytes()):
        return "compiled from another source"
    if not isinstance(marshal.loads(content[16:]), CodeType):  # noqa: S302 - our own build
        return "holds no code"
    return None
