"""One-time codes: six digits to the address or number that is held, ten minutes, three tries."""

import hmac

from leadlayer.core import keys
from leadlayer.core.clock import Clock
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Delete, Put, Table, Update
from leadlayer.privacy.requests import Requests
from leadlayer.privacy.requests_mail import request_code_mail
from leadlayer.privacy.requests_model import Event, Request
from leadlayer.privacy.requests_store import CODE, RequestCodeItem, code_item

TRIES = 3


class Codes:
    def __init__(self, *, requests: Requests, table: Table, clock: Clock, keyring: Keyring) -> None:
        self._requests = requests
        self._table = table
        self._clock = clock
        self._keyring = keyring

    def send(
        self, account_id: str, request_id: str, *, code_id: str, address: str | None = None
    ) -> Request:
        """Makes a code and the mail with it; an earlier one no longer works. The same id makes the
        same code once. `address` is for a request that has none. Raises Problem."""
        row = RequestCodeItem(
            keys.request(request_id),
            CODE,
            hash=self._keyring.code_hash(request_id, self.code(request_id, code_id)),
            tries=0,
            expires_at=retention("request_code").expiry(self._clock()),
        )
        mail = request_code_mail(
            code_id=code_id,
            account_id=account_id,
            request_id=request_id,
            now=self._clock(),
            address=address,
        )
        event = Event(code_id, "send_code", "subject", "subject")
        return self._requests.apply(account_id, request_id, event, beside=[Put(row), mail])

    def code(self, request_id: str, code_id: str) -> str:
        return self._keyring.one_time_code(request_id, code_id)

    def verify(self, account_id: str, request_id: str, code: str, *, event_id: str) -> Request:
        """The request, verified. Raises Problem 403 for a wrong, used, old or unknown code, all
        alike; a wrong one counts as a try of this request's code only."""
        found = self._requests.find(account_id, request_id)
        if event_id in found.events:
            return found
        row = self._try(request_id)
        expected = row.hash if row is not None else ""
        given = self._keyring.code_hash(request_id, code)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise _wrong()
        event = Event(event_id, "verify", "subject", "subject", method="code")
        used = Delete(code_item(request_id), present=True)
        try:
            return self._requests.apply(account_id, request_id, event, beside=[used])
        except ConditionFailed:
            raise _wrong() from None

    def _try(self, request_id: str) -> RequestCodeItem | None:
        """The code, after one try more has been counted; counted first, so that many at once do not
        get more."""
        row = self._table.find(RequestCodeItem, keys.request(request_id), CODE)
        if row is None:
            return None
        is_free = (RequestCodeItem.tries < TRIES) & (RequestCodeItem.hash == row.hash)
        key = code_item(request_id)
        try:
            self._table.write(Update(key, [RequestCodeItem.tries.add(1)], is_free))
        except ConditionFailed:
            return None
        return row


def _wrong() -> Problem:
    return Problem(403, "invalid_code", "The code is wrong or has expired.")
