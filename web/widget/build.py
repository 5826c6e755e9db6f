"""Builds the one widget file that a customer's page loads, and refuses to build a heavy one.

Usage: python web/widget/build.py OUT
"""

import gzip
import json
import sys
from pathlib import Path

from shrink import shrink_css, shrink_js

HERE = Path(__file__).resolve().parent
LANGUAGES = ("nl", "en", "de")
VERSION = "1.1.0"
BUDGET_BYTES = 8192


class WidgetError(Exception):
    """The sources do not make a widget that may be served."""


def texts(tables: dict[str, dict[str, str]]) -> str:
    """Write every key, followed by its text in each language, as one line: no key comes twice."""
    keys = list(tables["en"])
    for language in LANGUAGES:
        if set(tables[language]) != set(keys):
            odd = sorted(set(tables[language]) ^ set(keys))
            raise WidgetError(f"texts.json: {language} and en differ in {', '.join(odd)}")
    cells = [cell for key in keys for cell in (key, *(tables[one][key] for one in LANGUAGES))]
    if any("|" in cell for cell in cells):
        raise WidgetError("texts.json: a text holds the sign that keeps the texts apart")
    if any(cells.count(key) > 1 for key in keys):
        raise WidgetError("texts.json: a text reads like a key")
    return json.dumps("|".join(cells)) + '.split("|")'


def build() -> str:
    """Return the widget's source text: ASCII, because a page may declare any encoding."""
    tables: dict[str, dict[str, str]] = json.loads((HERE / "texts.json").read_text("utf-8"))
    css = shrink_css((HERE / "widget.css").read_text("utf-8"))
    parts = [path.read_text("utf-8") for path in sorted((HERE / "parts").glob("*.js"))]
    source = "\n".join([f"const TEXTS = {texts(tables)};", *parts])
    # What is used once stands where it is used.
    for name, value in (("VERSION", VERSION), ("CSS_TEXT", css)):
        source = source.replace(name, json.dumps(value))
    body = shrink_js(source).replace("…", "\\u2026")
    widget = f'(()=>{{"use strict";{body}}})();\n'
    if not widget.isascii():
        raise WidgetError("a part holds a character outside ASCII; texts belong in texts.json")
    return widget


def gzipped_size(widget: str) -> int:
    return len(gzip.compress(widget.encode("ascii"), compresslevel=9, mtime=0))


def main(out: Path) -> None:
    widget = build()
    size = gzipped_size(widget)
    if size > BUDGET_BYTES:
        raise WidgetError(f"the widget weighs {size} bytes gzipped; the budget is {BUDGET_BYTES}")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(widget, "ascii")
    print(f"{out}: {len(widget)} bytes, {size} gzipped (budget {BUDGET_BYTES})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]))
    except WidgetError as error:
        sys.exit(f"widget: {error}")
