"""Guards what every visitor of every customer downloads. Needs no browser."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

WIDGET = Path(__file__).resolve().parents[2] / "web" / "widget"
BUDGET_BYTES = 8192


def run_build(sources: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(sources / "build.py"), str(out)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the sources in which a test may plant a fault."""
    copy = tmp_path / "widget"
    for file in [*WIDGET.glob("*.*"), *WIDGET.glob("parts/*.js")]:
        target = copy / file.relative_to(WIDGET)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    return copy


def test_the_widget_stays_within_its_budget(widget_file: Path) -> None:
    zipped = gzip.compress(widget_file.read_bytes(), compresslevel=9)
    assert len(zipped) <= BUDGET_BYTES


def test_a_widget_over_budget_is_not_built(sources: Path, tmp_path: Path) -> None:
    noise = "".join(f"{number * 2654435761 % 2**32:08x}" for number in range(1000))
    (sources / "parts" / "8-noise.js").write_text(f'const noise = "{noise}";\n')

    built = run_build(sources, tmp_path / "out.js")

    assert built.returncode == 1
    assert "budget" in built.stderr
    assert not (tmp_path / "out.js").exists()


def test_the_three_languages_have_the_same_texts() -> None:
    tables = json.loads((WIDGET / "texts.json").read_text("utf-8"))
    assert set(tables) == {"nl", "en", "de"}
    assert set(tables["nl"]) == set(tables["en"]) == set(tables["de"])
    assert all(text.strip() for table in tables.values() for text in table.values())


def test_a_text_that_one_language_lacks_is_not_built(sources: Path, tmp_path: Path) -> None:
    tables = json.loads((sources / "texts.json").read_text("utf-8"))
    del tables["de"]["broken"]
    (sources / "texts.json").write_text(json.dumps(tables))

    built = run_build(sources, tmp_path / "out.js")

    assert built.returncode == 1
    assert "broken" in built.stderr


@pytest.mark.parametrize(("text", "reason"), [("One|two", "sign"), ("email", "key")])
def test_a_text_that_would_be_taken_for_another_is_not_built(
    sources: Path, tmp_path: Path, text: str, reason: str
) -> None:
    tables = json.loads((sources / "texts.json").read_text("utf-8"))
    tables["de"]["broken"] = text
    (sources / "texts.json").write_text(json.dumps(tables))

    built = run_build(sources, tmp_path / "out.js")

    assert built.returncode == 1
    assert reason in built.stderr


def test_two_builds_are_the_same_file(widget_file: Path, tmp_path: Path) -> None:
    assert run_build(WIDGET, tmp_path / "again.js").returncode == 0
    assert (tmp_path / "again.js").read_bytes() == widget_file.read_bytes()


def test_the_file_is_ascii_and_names_no_host(widget_file: Path) -> None:
    text = widget_file.read_text("ascii")
    # The name of the SVG namespace is an identifier; nothing is ever fetched from it.
    assert set(re.findall(r"https?://[\w.-]+", text)) == {"http://www.w3.org"}


def test_the_file_touches_no_storage_but_one_session_key(widget_file: Path) -> None:
    text = widget_file.read_text("ascii")
    assert not re.search(r"\bcookie\b|localStorage|indexedDB|\bcaches\b|innerHTML|\beval\b", text)
    assert set(re.findall(r"sessionStorage\.\w+\((\"\w+\")", text)) == {'"leadlayer"'}
