"""A page of a customer's own website: an origin of its own, and nothing but the pasted snippet."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dev.fakes.http_server import LOOPBACK, Handler, Server

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A shop</title><link rel="icon" href="data:,">{snippet}</head>
<body><h1>A shop</h1></body>
</html>
"""


@dataclass
class ShopPage:
    """Every path shows the same page."""

    origin: str
    snippet: str = ""


@contextmanager
def serve_shop_page() -> Iterator[ShopPage]:
    shop = ShopPage("")

    class Pages(Handler):
        def do_GET(self) -> None:  # noqa: N802  # http.server's name
            page = PAGE.format(snippet=shop.snippet)
            self.answer(200, page.encode(), "text/html; charset=utf-8")

    server = Server((LOOPBACK, 0), Pages)
    shop.origin = f"http://{LOOPBACK}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
