"""The tree's own rules: small files and functions, a word on what each decides, no grab bags."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
GRAB_BAGS = {"utils", "helpers", "common", "manager", "misc", "base"}
# The part of our own tree that a reader has to hold in mind.
CODE = ("functions", "layers", "dev", "web", "tests")


def files(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *CODE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if name.endswith(suffixes)]


def python_files() -> list[Path]:
    return [path for path in files(".py") if path.exists()]


def long_functions(tree: ast.AST, most: int = 50) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            if length > most:
                yield f"{node.name} ({length})"


def foreign_table_access(tree: ast.AST) -> list[str]:
    """What a slice imports of PynamoDB beyond declaring attributes: only core has the table."""
    return [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module
        and node.module.startswith("pynamodb")
        and node.module != "pynamodb.attributes"
    ]


def test_there_is_something_to_check():
    assert len(python_files()) > 50


def faults(path: Path) -> list[str]:
    """What a reader would stumble over in a module."""
    source = path.read_text()
    tree = ast.parse(source)
    found = [f"long function {name}" for name in long_functions(tree)]
    if len(source.splitlines()) > 400:
        found.append("over 400 lines")
    if path.stem in GRAB_BAGS:
        found.append("the name says nothing")
    if not ast.get_docstring(tree):
        found.append("no line on what it decides")
    return found


def test_every_module_is_small_and_says_what_it_decides():
    assert {str(path): found for path in python_files() if (found := faults(path))} == {}


def test_twin_a_grab_bag_is_caught(tmp_path: Path):
    module = tmp_path / "utils.py"
    module.write_text("def f():\n" + "    x = 1\n" * 400)

    assert faults(module) == [
        "long function f (401)",
        "over 400 lines",
        "the name says nothing",
        "no line on what it decides",
    ]


def test_files_for_browsers_are_small():
    found = [path for path in files(".js", ".css", ".html") if path.exists()]
    long = [path.name for path in found if len(path.read_text().splitlines()) > 400]

    assert long == []


def test_slices_declare_attributes_and_leave_the_table_to_core():
    slices = [p for p in python_files() if "leadlayer" in p.parts and "core" not in p.parts]

    assert {
        str(p): found for p in slices if (found := foreign_table_access(ast.parse(p.read_text())))
    } == {}


def test_twin_a_long_function_and_a_stray_import_are_caught():
    long = "def f():\n" + "    x = 1\n" * 51

    assert list(long_functions(ast.parse(long))) == ["f (52)"]
    assert foreign_table_access(ast.parse("from pynamodb.models import Model")) == [
        "pynamodb.models"
    ]
