"""API keys: known by the hash of the key, listed by what may be shown, gone when revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pynamodb.attributes import UnicodeAttribute

from leadlayer.accounts.model import Role
from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch, iso
from leadlayer.core.crypto import new_token, token_hash
from leadlayer.core.errors import limit_reached
from leadlayer.core.ids import ulid
from leadlayer.core.table import ConditionFailed, Delete, Item, Put, Table, Update, Write

PREFIX = "llk_"
MOST_KEYS = 50
_SORT = "KEY"
# Enough to tell one's keys apart: the fixed part and 24 of 256 bits.
_SHOWN = 8


class ApiKeyItem(Item):
    KIND = "api_key"
    account_id = UnicodeAttribute()
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    prefix = UnicodeAttribute()
    created_at = UnicodeAttribute()
    last_used_day = UnicodeAttribute(null=True)


@dataclass(frozen=True)
class ApiKey:
    """What may be shown of a key. `expires_at` is in epoch seconds."""

    id: str
    account_id: str
    name: str
    role: Role
    prefix: str
    created_at: str
    expires_at: int
    last_used_day: str | None = None


class ApiKeyStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(
        self,
        account_id: str,
        *,
        name: str,
        role: Role,
        days: int,
        key_id: str = "",
        follows: Sequence[Write] = (),
    ) -> tuple[str, ApiKey]:
        """The key itself, which is not kept, and what is. `follows` is written with it. Raises
        Problem 409 when an account has very many."""
        if len(self._items(account_id)) >= MOST_KEYS:
            raise limit_reached()
        now = self._clock()
        token = PREFIX + new_token()
        key = ApiKey(
            id=key_id or ulid(now),
            account_id=account_id,
            name=name,
            role=role,
            prefix=token[:_SHOWN],
            created_at=iso(now),
            expires_at=epoch(now + timedelta(days=days)),
        )
        self._table.transact([Put(_item(key, token), only_new=True), *follows])
        return token, key

    def find(self, token: str) -> ApiKey | None:
        if not token.startswith(PREFIX):
            return None
        item = self._table.find(ApiKeyItem, keys.api_key(token_hash(token)), _SORT)
        return None if item is None else _key(item)

    def list(self, account_id: str) -> list[ApiKey]:
        """Newest first."""
        return [_key(item) for item in self._items(account_id)]

    def revoke(self, account_id: str, key_id: str) -> bool:
        """False when the account has no such key."""
        going = [item for item in self._items(account_id) if item.gsi1sk == key_id]
        for item in going:
            self._table.write(Delete(item))
        return bool(going)

    def delete_all(self, account_id: str) -> int:
        going = self._items(account_id)
        for item in going:
            self._table.write(Delete(item))
        return len(going)

    def touch(self, key: ApiKey, token: str) -> None:
        """Notes the day of use; once a day, so that a busy key costs no writes."""
        today = self._clock().strftime("%Y-%m-%d")
        if key.last_used_day == today:
            return
        item = ApiKeyItem(keys.api_key(token_hash(token)), _SORT)
        try:
            self._table.write(Update(item, [ApiKeyItem.last_used_day.set(today)]))
        except ConditionFailed:
            # Revoked or expired this very moment: nothing may bring it back.
            return

    def _items(self, account_id: str) -> "list[ApiKeyItem]":
        return self._table.query_index(
            ApiKeyItem, keys.api_keys(account_id), newest_first=True
        ).items


def _item(key: ApiKey, token: str) -> ApiKeyItem:
    return ApiKeyItem(
        keys.api_key(token_hash(token)),
        _SORT,
        gsi1pk=keys.api_keys(key.account_id),
        gsi1sk=key.id,
        account_id=key.account_id,
        name=key.name,
        role=key.role,
        prefix=key.prefix,
        created_at=key.created_at,
        expires_at=key.expires_at,
    )


def _key(item: ApiKeyItem) -> ApiKey:
    return ApiKey(
        id=item.gsi1sk,
        account_id=item.account_id,
        name=item.name,
        role=item.role,  # pyright: ignore[reportArgumentType]  # checked when it was written
        prefix=item.prefix,
        created_at=item.created_at,
        expires_at=int(item.expires_at),
        last_used_day=item.last_used_day,
    )
