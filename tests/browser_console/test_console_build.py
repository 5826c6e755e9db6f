"""The build refuses a console that would break or be heavy. Needs no browser."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONSOLE = Path(__file__).resolve().parents[2] / "web" / "console"
BUDGET_BYTES = 70_000


def run_build(sources: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(sources / "build.py"), str(out)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources in which a test may plant a fault."""
    return Path(shutil.copytree(CONSOLE, tmp_path / "console"))


def refusal(sources: Path) -> str:
    built = run_build(sources, sources.parent / "out")
    assert built.returncode == 1
    assert not (sources.parent / "out").exists()
    return built.stderr


def test_the_whole_page_stays_within_its_budget(console_page: Path) -> None:
    sizes = [len(gzip.compress(file.read_bytes())) for file in console_page.iterdir()]
    assert sum(sizes) <= BUDGET_BYTES


def test_a_page_over_budget_is_not_built(sources: Path) -> None:
    noise = "".join(f"{number * 2654435761 % 2**32:08x}" for number in range(20_000))
    (sources / "src" / "noise.js").write_text(f'// Weighs.\nconst noise = "{noise}";\n')
    assert "budget" in refusal(sources)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ('import { nothing } from "./dom.js";\nnothing();', "dom does not export"),
        ('import { h } from "./nowhere.js";\nh();', "not there"),
        ('import { h } from "./dom.js";', "never uses it"),
        ('import { h } from "./dom.js";\nconst h = h();', "there twice"),
        ('import dom from "./dom.js";', "write `import"),
        ("export default 1;", "write `import"),
        ('import { other } from "./second.js";\nexport const odd = other;', "in a circle"),
        ('import { t } from "./texts.js";\nt("no.such.text");', "asks for the text"),
    ],
)
def test_a_module_that_would_break_is_not_built(sources: Path, module: str, reason: str) -> None:
    (sources / "src" / "odd.js").write_text(f"// Plants a fault.\n{module}\n")
    second = '// Closes the circle.\nimport { odd } from "./odd.js";\nexport const other = odd;\n'
    if "second" in module:
        (sources / "src" / "second.js").write_text(second)
    assert reason in refusal(sources)


def test_a_module_that_does_not_say_what_it_decides_is_not_built(sources: Path) -> None:
    (sources / "src" / "mute.js").write_text("const mute = 1;\n")
    assert "begins without" in refusal(sources)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda table: table.pop("again"), "again"),
        (lambda table: table.update(again=" "), "says nothing"),
        (lambda table: table.update({"confirm.type": "Tippen"}), "other blanks"),
    ],
)
def test_a_language_that_says_less_is_not_built(sources: Path, change: object, reason: str) -> None:
    path = sources / "texts" / "de.json"
    table = json.loads(path.read_text("utf-8"))
    change(table)  # pyright: ignore[reportCallIssue]  # pytest's parameters have no type
    path.write_text(json.dumps(table))
    assert reason in refusal(sources)


def test_two_builds_are_the_same(console_page: Path, tmp_path: Path) -> None:
    assert run_build(CONSOLE, tmp_path / "again").returncode == 0
    for file in console_page.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_the_page_names_no_other_host_and_makes_no_markup_of_text(console_page: Path) -> None:
    script = (console_page / "console.js").read_text("utf-8")
    # The name of the SVG namespace is an identifier; nothing is ever fetched from it.
    assert set(re.findall(r"https?://[\w.-]+", script)) <= {
        "http://www.w3.org",
        # What a field for an address shows while it is empty.
        "https://www.example.com",
    }
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", script)
    assert not re.search(r"document\.cookie|indexedDB|sessionStorage|\bcaches\b", script)
    assert "://" not in (console_page / "console.css").read_text("utf-8")


def test_every_text_is_asked_for(console_page: Path) -> None:
    script = (console_page / "console.js").read_text("utf-8").split("\n", 1)[1]
    literal = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)*)"', script))
    made = set(re.findall(r"`((?:[a-z_]+\.)+)\$\{", script)) | {"nav.", "export.", "event."}
    keys = json.loads((CONSOLE / "texts" / "en.json").read_text("utf-8"))
    plain = {key.removesuffix(".one") for key in keys}
    plain -= {
        key for key in plain if key.removesuffix(".other") in plain and key.endswith(".other")
    }
    counted = {key for key in plain if re.fullmatch(r"delete\.\w+\.\w+", key)}
    assert {key for key in plain - literal - counted if not key.startswith(tuple(made))} == set()
