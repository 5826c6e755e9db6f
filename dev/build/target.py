"""Decides for which machine a package is made, and where it will lie there."""

import os
from dataclasses import dataclass
from typing import Self

PYTHON = (3, 13)
# Lambda's python3.13 runs on Amazon Linux 2023, whose glibc is 2.34.
# https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
_LIBC = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
_ALIASES = {"aarch64": "arm64", "amd64": "x86_64"}
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


class TargetError(Exception):
    """The package cannot be made for what was asked."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One processor architecture; `host` is whatever this machine runs."""

    arch: str

    @classmethod
    def from_environment(cls) -> Self:
        asked = os.environ.get("LEADLAYER_ARCH") or "arm64"
        arch = _ALIASES.get(asked, asked)
        if arch != "host" and arch not in _MACHINES:
            raise TargetError(f"LEADLAYER_ARCH is {asked!r}; use arm64, x86_64 or host")
        return cls(arch=arch)

    def pip_options(self) -> list[str]:
        """Make pip choose wheels for the target instead of for the Python it runs under."""
        if self.arch == "host":
            return []
        machine = _MACHINES[self.arch]
        version = "".join(map(str, PYTHON))
        options = ["--implementation", "cp", "--python-version", version, "--abi", f"cp{version}"]
        for libc in _LIBC:
            options += ["--platform", f"{libc}_{machine}"]
        return options
