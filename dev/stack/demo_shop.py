"""Serves web/demo, a shop of its own origin that has nothing of LeadLayer but the script tag."""

import argparse
import mimetypes
from pathlib import Path

from dev.fakes.http_server import LOOPBACK, Handler, Server

TEXT = {".html", ".css", ".js", ".svg", ".json", ".txt"}


def find_page(folder: Path, path: str) -> Path | None:
    """The file behind a path: `/` and `/name` are pages, everything else is a file."""
    name = path.partition("?")[0].strip("/") or "index"
    for candidate in (folder / name, folder / f"{name}.html", folder / name / "index.html"):
        file = candidate.resolve()
        if file.is_file() and file.is_relative_to(folder.resolve()):
            return file
    return None


class ShopHandler(Handler):
    """A static site in which {{API}} and {{SITE}} stand for the running stack's."""

    folder: Path
    api: str
    site: str

    def do_GET(self) -> None:  # noqa: N802  # http.server's name
        file = find_page(self.folder, self.path)
        if file is None:
            self.answer(404, b"Not found\n", "text/plain; charset=utf-8")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if file.suffix not in TEXT:
            self.answer(200, file.read_bytes(), kind, {"Cache-Control": "no-store"})
            return
        text = file.read_text().replace("{{API}}", self.api).replace("{{SITE}}", self.site)
        self.answer(200, text.encode(), f"{kind}; charset=utf-8", {"Cache-Control": "no-store"})

    do_HEAD = do_GET  # noqa: N815  # http.server's name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.stack.demo_shop", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("--site", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    ShopHandler.folder = arguments.folder
    ShopHandler.api = arguments.api
    ShopHandler.site = arguments.site
    Server((LOOPBACK, arguments.port), ShopHandler).serve_forever()


if __name__ == "__main__":
    main()
