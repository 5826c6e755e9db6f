"""Lists in pages: decides what a cursor says, and that it is worth nothing to anybody else.

A cursor is where a page ended, with a tag under a key of the account and of the one list. Garbage,
a cursor of another account and one of another list are refused alike.
"""

import base64
import hmac
import json
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem

# For the parameters of a route: `def list_leads(cursor: Cursor = None, limit: Limit = 50)`.
Cursor = Annotated[str | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]


class Listing[I: BaseModel](BaseModel):
    """One page of a list; `next` is null on the last."""

    items: list[I]
    next: str | None = None


def next_cursor(position: Any, *, of: str, account_id: str, keyring: Keyring) -> str | None:
    """`position` is whatever of JSON says where the page ended; None when there is no other page.
    `of` names the list and its filters: `leads?site=s_1`."""
    if position is None:
        return None
    text = base64.urlsafe_b64encode(json.dumps(position).encode()).rstrip(b"=").decode()
    return f"{text}.{_tag(text, of, account_id, keyring)}"


def position_of(cursor: str | None, *, of: str, account_id: str, keyring: Keyring) -> Any:
    """Where to go on; None for the first page. Raises Problem 422 `invalid_cursor`."""
    if cursor is None:
        return None
    text, _, tag = cursor.partition(".")
    if not hmac.compare_digest(_tag(text, of, account_id, keyring).encode(), tag.encode()):
        raise Problem(422, "invalid_cursor", "Begin the list again without a cursor.")
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _tag(text: str, of: str, account_id: str, keyring: Keyring) -> str:
    return keyring.cursor_tag(account_id, f"{of}\x1f{text}")
