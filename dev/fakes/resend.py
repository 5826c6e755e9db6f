"""Stands in for Resend: takes mails as its API does and shows them instead of sending them.

POST /emails honours Idempotency-Key as Resend documents it: for 24 hours the same key with the
same mail answers the same and sends nothing; with another mail it is refused. GET / is the outbox.
POST /fail {"times": n} makes the next n sends fail, for tests.
"""

import argparse
import hashlib
import html
import json
import re
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from dev.fakes.http_server import LOOPBACK, Handler, Server

KEY_LIFETIME = 24 * 60 * 60
Mail = dict[str, Any]
# Nothing that could end an attribute; a full stop at the end belongs to the sentence.
_ADDRESS = re.compile(r"""(https?://[^\s<>"'`]+[^\s<>"'`.,;:!?)])""")


class ConflictError(Exception):
    """The idempotency key was used for another mail."""


class Outbox:
    """Mails in the order they came, kept in a file: the real Resend outlives our crashes too."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._failures = 0
        lines = file.read_text().splitlines() if file.exists() else []
        self.mails: list[Mail] = [json.loads(line) for line in lines]

    def fail_next(self, times: int) -> None:
        with self._lock:
            self._failures = times

    def must_fail(self) -> bool:
        with self._lock:
            failing = self._failures > 0
            self._failures -= failing
            return failing

    def send(self, mail: Mail, key: str | None) -> str:
        """The mail's id. Raises ConflictError."""
        digest = hashlib.sha256(json.dumps(mail, sort_keys=True).encode()).hexdigest()
        with self._lock:
            known = self._known(key)
            if known:
                if known["digest"] != digest:
                    raise ConflictError
                return known["id"]
            identifier = str(uuid.uuid4())
            entry: Mail = {
                "id": identifier,
                "sent_at": time.time(),
                "idempotency_key": key,
                "digest": digest,
                "mail": mail,
            }
            with self._file.open("a") as file:
                file.write(json.dumps(entry) + "\n")
            self.mails.append(entry)
            return identifier

    def _known(self, key: str | None) -> Mail | None:
        oldest = time.time() - KEY_LIFETIME
        return next(
            (
                entry
                for entry in self.mails
                if key and entry["idempotency_key"] == key and entry["sent_at"] > oldest
            ),
            None,
        )

    def shown(self) -> list[Mail]:
        """Newest first, flat."""
        return [
            {
                "id": entry["id"],
                "sent_at": entry["sent_at"],
                "idempotency_key": entry["idempotency_key"],
                **entry["mail"],
            }
            for entry in reversed(self.mails)
        ]


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Outbox ({count})</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
article {{ border: 1px solid #8886; border-radius: .5rem; padding: 0 1rem; margin: 1rem 0; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }}
dt {{ float: left; width: 5rem; opacity: .7; }} dd {{ margin: 0 0 0 5rem; }}
</style></head><body>
<h1>Outbox</h1>
<p>{count} mails, newest first. Nothing here has left this machine.</p>
{articles}
</body></html>
"""
ARTICLE = """<article><h2>{subject}</h2>
<dl><dt>To</dt><dd>{to}</dd><dt>From</dt><dd>{sender}</dd><dt>Sent</dt><dd>{sent}</dd></dl>
<pre>{text}</pre></article>"""


def page(mails: list[Mail]) -> str:
    """The outbox for a person; everything in it is escaped."""
    articles = [
        ARTICLE.format(
            subject=html.escape(str(mail.get("subject", ""))),
            to=html.escape(", ".join(_as_list(mail.get("to")))),
            sender=html.escape(str(mail.get("from", ""))),
            sent=time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(mail["sent_at"])),
            text=_linked(str(mail.get("text") or mail.get("html") or "")),
        )
        for mail in mails
    ]
    return PAGE.format(count=len(mails), articles="\n".join(articles))


def _linked(text: str) -> str:
    """Escaped, with its addresses to follow; a link opens beside the outbox."""
    parts = _ADDRESS.split(text)
    # Every second part is an address.
    shown = [html.escape(part) for part in parts]
    shown[1::2] = [
        f'<a href="{part}" target="_blank" rel="noreferrer">{part}</a>' for part in shown[1::2]
    ]
    return "".join(shown)


def _as_list(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else [str(value or "")]


def error(status: int, name: str, message: str) -> dict[str, Any]:
    return {"statusCode": status, "name": name, "message": message}


class ResendHandler(Handler):
    """The one call of Resend's API that LeadLayer uses, and the outbox."""

    outbox: Outbox

    def do_GET(self) -> None:  # noqa: N802  # http.server's name
        mails = self.outbox.shown()
        if "application/json" in (self.headers.get("Accept") or ""):
            self.answer_json(200, mails)
        else:
            self.answer(200, page(mails).encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:  # noqa: N802  # http.server's name
        content = self.body()
        if self.path == "/fail":
            self.outbox.fail_next(int(json.loads(content)["times"]))
            self.answer(204, b"", "application/json")
        elif self.path != "/emails":
            self.answer_json(404, error(404, "not_found", "no such path"))
        elif not (self.headers.get("Authorization") or "").startswith("Bearer "):
            self.answer_json(401, error(401, "missing_api_key", "Missing API key"))
        elif self.outbox.must_fail():
            self.answer_json(500, error(500, "application_error", "An unexpected error occurred"))
        else:
            self._send(content)

    def _send(self, content: bytes) -> None:
        mail = json.loads(content)
        missing = [name for name in ("from", "to", "subject") if not mail.get(name)]
        if missing:
            self.answer_json(422, error(422, "missing_required_field", ", ".join(missing)))
            return
        try:
            identifier = self.outbox.send(mail, self.headers.get("Idempotency-Key"))
        except ConflictError:
            reused = "This idempotency key has been used with another payload"
            self.answer_json(409, error(409, "invalid_idempotent_request", reused))
            return
        self.answer_json(200, {"id": identifier})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.fakes.resend", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--outbox", type=Path, required=True, help="file that keeps the mails")
    arguments = parser.parse_args()
    ResendHandler.outbox = Outbox(arguments.outbox)
    Server((LOOPBACK, arguments.port), ResendHandler).serve_forever()


if __name__ == "__main__":
    main()
