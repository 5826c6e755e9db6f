"""Who is signed in: a session is known by the hash of its token, ends after its time at the latest.

Nothing here opens it again: the token is given out once and not kept.
"""

from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from leadlayer.accounts.model import Member
from leadlayer.core import keys
from leadlayer.core.clock import Clock, epoch
from leadlayer.core.crypto import new_token, token_hash
from leadlayer.core.ids import ulid
from leadlayer.core.policy import retention
from leadlayer.core.table import Delete, Item, Put, Table, Write

PREFIX = "lls_"
_SORT = "SESSION"


class SessionItem(Item):
    KIND = "session"
    account_id = UnicodeAttribute()
    member_id = UnicodeAttribute()
    epoch = NumberAttribute()
    signed_in_at = NumberAttribute()


@dataclass(frozen=True)
class Session:
    """`signed_in_at` and `expires_at` are epoch seconds. A session of an older `epoch` than its
    member's has been signed out."""

    id: str
    account_id: str
    member_id: str
    epoch: int
    signed_in_at: int
    expires_at: int


@dataclass(frozen=True)
class OpenedSession:
    """`token` is shown to whoever signs in, and only now."""

    token: str
    session: Session
    write: Write


class SessionStore:
    def __init__(self, table: Table, *, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def opening(self, member: Member) -> OpenedSession:
        """A session that exists once its write is done; it belongs into the sign-in's own
        transaction."""
        now = self._clock()
        token = PREFIX + new_token()
        session = _new(member, now)
        item = SessionItem(
            keys.session(token_hash(token)),
            _SORT,
            gsi1pk=keys.sessions(member.account_id, member.id),
            gsi1sk=session.id,
            account_id=session.account_id,
            member_id=session.member_id,
            epoch=session.epoch,
            signed_in_at=session.signed_in_at,
            expires_at=session.expires_at,
        )
        return OpenedSession(token, session, Put(item, only_new=True))

    def create(self, member: Member) -> OpenedSession:
        opened = self.opening(member)
        self._table.write(opened.write)
        return opened

    def find(self, token: str) -> Session | None:
        if not token.startswith(PREFIX):
            return None
        item = self._table.find(SessionItem, keys.session(token_hash(token)), _SORT)
        return None if item is None else _session(item)

    def list_of(self, member: Member) -> list[Session]:
        """The sessions that still count, newest first."""
        found = (_session(item) for item in self._items(member.account_id, member.id))
        return [session for session in found if session.epoch == member.session_epoch]

    def revoke(self, account_id: str, member_id: str, session_id: str) -> bool:
        """False when that member has no such session."""
        going = [item for item in self._items(account_id, member_id) if item.gsi1sk == session_id]
        for item in going:
            self._table.write(Delete(item))
        return bool(going)

    def _items(self, account_id: str, member_id: str) -> list[SessionItem]:
        of = keys.sessions(account_id, member_id)
        return self._table.query_index(SessionItem, of, newest_first=True).items


def _new(member: Member, now: datetime) -> Session:
    return Session(
        id=ulid(now),
        account_id=member.account_id,
        member_id=member.id,
        epoch=member.session_epoch,
        signed_in_at=epoch(now),
        expires_at=retention("session").expiry(now),
    )


def _session(item: SessionItem) -> Session:
    return Session(
        id=item.gsi1sk,
        account_id=item.account_id,
        member_id=item.member_id,
        epoch=int(item.epoch),
        signed_in_at=int(item.signed_in_at),
        expires_at=int(item.expires_at),
    )
