"""Serves web/demo from an origin of its own, as a customer's shop would be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from tests.fake_server import served

DEMO = Path(__file__).resolve().parents[2] / "web" / "demo"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css"}


@dataclass
class Shop:
    """Where the pages are; `site` and `tag` go into the script tag, `tag` as further attributes."""

    origin: str
    site: str
    tag: str = ""


@contextmanager
def serve_shop(*, api: str, site: str) -> Iterator[Shop]:
    shop = Shop("", site)

    class Pages(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            file = DEMO / urlsplit(self.path).path.rpartition("/")[2]
            # Any path shows the front page, so that tests can try what a path may hold.
            page = file if file.is_file() else DEMO / "index.html"
            text = page.read_text("utf-8").replace("{{API}}", api)
            body = text.replace('"{{SITE}}"', f'"{shop.site}" {shop.tag}').encode()
            self.send_response(200)
            self.send_header("Content-Type", TYPES[page.suffix])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with served(Pages) as shop.origin:
        yield shop
