"""Builds the console's page from its modules and refuses one that would break or be heavy.

Usage: python web/console/build.py OUT_DIR
"""

import gzip
import hashlib
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = ("nl", "en", "de")
BUDGET_BYTES = 70_000
# Served as they are. The preview has its own page because it runs a customer's widget.
COPIED = ("icon.svg", "preview.html", "preview.js")

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
_COMMENT_LINE = re.compile(r"^\s*//.*\n", re.MULTILINE)
_INDENT = re.compile(r"^ +", re.MULTILINE)
_TEXT_ASKED = re.compile(r'\b(?:t|counted)\("([\w.]+)"')


class ConsoleError(Exception):
    """The sources do not make a console that may be served."""


@dataclass(frozen=True)
class Module:
    """One source file: what it takes from which other (their name, its own), and the rest of it."""

    name: str
    imports: dict[str, list[tuple[str, str]]]
    exported: list[str]
    body: str

    def scope(self) -> str:
        """A function of its own, so that a name means something only where it was imported."""
        taken = [
            f"const {{ {', '.join(f'{theirs}: {ours}' for theirs, ours in names)} }} = ${_id(of)};"
            for of, names in self.imports.items()
        ]
        given = f"return {{ {', '.join(self.exported)} }};" if self.exported else ""
        head = f"const ${_id(self.name)} = (() => {{"
        return "\n".join([head, *taken, _INDENT.sub("", self.body).strip(), given, "})();"])


def _id(name: str) -> str:
    return name.replace("-", "_")


def read_module(path: Path) -> Module:
    source = path.read_text("utf-8")
    body = _COMMENT_LINE.sub("", _IMPORT.sub("", source))
    if re.search(r"^import\b|^export (?:default|let|\{|\*)", body, re.MULTILINE):
        raise ConsoleError(f'{path.name}: write `import {{ a }} from "./b.js";` and `export const`')
    if not source.startswith("// "):
        raise ConsoleError(f"{path.name}: begins without a line on what it decides")
    imports = {of: _names(text) for text, of in _IMPORT.findall(source)}
    own = [ours for names in imports.values() for _, ours in names]
    for name in own:
        if not re.search(rf"\b{name}\b", body):
            raise ConsoleError(f"{path.name}: imports {name} and never uses it")
    declared = _TOP_LEVEL.findall(body)
    names = [*own, *(name for _, name in declared)]
    for name in names:
        if names.count(name) > 1:
            raise ConsoleError(f"{path.name}: {name} is there twice")
    exported = [name for export, name in declared if export]
    return Module(path.stem, imports, exported, re.sub(r"^export ", "", body, flags=re.MULTILINE))


def _names(text: str) -> list[tuple[str, str]]:
    """`a, b as c` are the names a and b of the other module, here a and c."""
    pairs = [part.split(" as ") for part in text.split(",") if part.strip()]
    return [(pair[0].strip(), pair[-1].strip()) for pair in pairs]


def in_order(modules: dict[str, Module]) -> list[Module]:
    """Each module after those that it imports; otherwise by name, and main at the end."""
    done: list[Module] = []
    waiting: list[str] = []

    def visit(name: str, wanted_by: str) -> None:
        if name not in modules:
            raise ConsoleError(f"{wanted_by} imports {name}, which is not there")
        if name in waiting:
            raise ConsoleError(f"imports go in a circle: {' > '.join([*waiting, name])}")
        module = modules[name]
        if module in done:
            return
        waiting.append(name)
        for other, names in module.imports.items():
            visit(other, name)
            for missing in sorted({theirs for theirs, _ in names} - set(modules[other].exported)):
                raise ConsoleError(f"{name} imports {missing}, which {other} does not export")
        waiting.remove(name)
        done.append(module)

    for name in sorted(modules, key=lambda one: (one == "main", one)):
        visit(name, "the build")
    return done


def read_texts(folder: Path) -> dict[str, dict[str, str]]:
    tables = {one: json.loads((folder / f"{one}.json").read_text("utf-8")) for one in LANGUAGES}
    for language, table in tables.items():
        if odd := sorted(set(table) ^ set(tables["en"])):
            raise ConsoleError(f"texts: {language} and en differ in {', '.join(odd)}")
        if empty := sorted(key for key, text in table.items() if not text.strip()):
            raise ConsoleError(f"texts: {language} says nothing for {', '.join(empty)}")
        for key, text in table.items():
            if _blanks(text) != _blanks(tables["en"][key]):
                raise ConsoleError(f"texts: {language} fills other blanks in {key} than en")
    return tables


def _blanks(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def check_texts(modules: list[Module], texts: dict[str, str]) -> None:
    for module in modules:
        for key in _TEXT_ASKED.findall(module.body):
            if key not in texts and f"{key}.one" not in texts:
                raise ConsoleError(f"{module.name} asks for the text {key}, which is not there")


def script(sources: Path) -> str:
    """One script. Comment lines and indents go; gzip takes care of the rest."""
    modules = in_order({path.stem: read_module(path) for path in (sources / "src").glob("*.js")})
    tables = read_texts(sources / "texts")
    check_texts(modules, tables["en"])
    scopes = [module.scope() for module in modules]
    return "\n".join([texts_script(tables), *scopes]) + "\n"


def texts_script(tables: dict[str, dict[str, str]]) -> str:
    """TEXTS, each key written once: three times would weigh what a view does."""
    rows = {key: [table[key] for table in tables.values()] for key in sorted(tables["en"])}
    return f"const TEXTS = {json.dumps(rows, ensure_ascii=False, separators=(',', ':'))};"


def style(sources: Path) -> str:
    sheets = [path.read_text("utf-8") for path in sorted((sources / "styles").glob("*.css"))]
    return re.sub(r"/\*.*?\*/\n?", "", "\n".join(sheets), flags=re.DOTALL)


def page(sources: Path, parts: dict[str, str]) -> str:
    """Return index.html, which names each part by its content: no browser mixes two versions."""
    html = (sources / "index.html").read_text("utf-8")
    for name, content in parts.items():
        mark = hashlib.sha256(content.encode()).hexdigest()[:12]
        if html.count(f'"{name}"') != 1:
            raise ConsoleError(f"index.html has to name {name} once")
        html = html.replace(f'"{name}"', f'"{name}?v={mark}"')
    return html


def gzipped_size(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=9, mtime=0))


def main(out: Path, sources: Path = HERE) -> None:
    parts = {"console.js": script(sources), "console.css": style(sources)}
    files = {name: text.encode() for name, text in parts.items()}
    files["index.html"] = page(sources, parts).encode()
    files |= {name: (sources / name).read_bytes() for name in COPIED if (sources / name).exists()}
    sizes = {name: gzipped_size(content) for name, content in files.items()}
    total = sum(sizes.values())
    if total > BUDGET_BYTES:
        raise ConsoleError(f"the page weighs {total} bytes gzipped; the budget is {BUDGET_BYTES}")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
        print(f"{out / name}: {len(content)} bytes, {sizes[name]} gzipped")
    print(f"all: {total} gzipped (budget {BUDGET_BYTES})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]))
    except ConsoleError as error:
        sys.exit(f"console: {error}")
