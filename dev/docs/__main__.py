"""`python -m dev.docs` writes the generated documents; `--check` says whether they are current."""

import sys
from collections.abc import Callable
from pathlib import Path

from dev.docs import data_model, openapi, processing

DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/data-model.md": data_model.render,
    "docs/openapi.json": openapi.render,
    "docs/processing.md": processing.render,
}
_ROOT = Path(__file__).parents[2]


def outdated() -> list[str]:
    """The documents whose file is not what the code says."""
    return [
        name
        for name, render in DOCUMENTS.items()
        if not (_ROOT / name).exists() or (_ROOT / name).read_text() != render()
    ]


def main(arguments: list[str]) -> int:
    stale = outdated()
    if "--check" in arguments:
        for name in stale:
            print(f"{name} is out of date: run `make docs`")
        return bool(stale)
    for name in stale:
        (_ROOT / name).write_text(DOCUMENTS[name]())
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
