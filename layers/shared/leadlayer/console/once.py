"""What a caller sends again under the same Idempotency-Key is made once, and answered as before.

The record of it is one of the writes that make it, so that neither is ever there alone.
"""

from collections.abc import Callable, Sequence
from typing import NoReturn

from leadlayer.console.access import Routes, method_and_path
from leadlayer.console.deps import Deps
from leadlayer.core import keys
from leadlayer.core.errors import Problem, already_created, not_found
from leadlayer.core.events import Event
from leadlayer.core.idempotency import IdempotencyItem, check_same_body, retry_of
from leadlayer.core.ids import NewId
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Put, Write

_SORT = "CONSOLE"
# A body that was too large has been refused before.
_MOST_BODY_BYTES = 1024 * 1024


class Once:
    def __init__(self, routes: Routes, deps: Deps) -> None:
        self._routes = routes
        self._deps = deps

    def answer[A](
        self,
        first: Callable[[str, Sequence[Write]], A],
        again: Callable[[str], A | None],
        *,
        new_id: NewId | None = None,
    ) -> A:
        """`first` makes something with an id and writes what it is given with it. `again` is the
        answer when that id was made before. Raises Problem 404 when it is gone meanwhile."""
        made_id = (new_id or self._deps.new_id)()
        retry = self._retry()
        if retry is None:
            return first(made_id, ())
        if before := self._made_before(retry):
            return _there(again(before))
        try:
            return first(made_id, [self._record(retry, made_id)])
        except (ConditionFailed, Problem):
            # An equal request may have been quicker by a moment.
            if before := self._made_before(retry):
                return _there(again(before))
            raise

    def _retry(self) -> tuple[str, str] | None:
        """The key counts for one caller and one address: an id of elsewhere is never given out."""
        event: Event = self._routes.app.current_event.raw_event
        caller = self._routes.caller()
        call = "\n".join((caller.actor, *method_and_path(event), ""))
        return retry_of(
            event,
            owner=caller.account_id,
            keyring=self._deps.keyring(),
            call=call,
            most=_MOST_BODY_BYTES,
        )

    def _made_before(self, retry: tuple[str, str]) -> str | None:
        key, body = retry
        pk = keys.idempotency(self._routes.caller().account_id, key)
        found = self._deps.table.find(IdempotencyItem, pk, _SORT)
        if found is None:
            return None
        check_same_body(found, body)
        return found.result

    def _record(self, retry: tuple[str, str], made_id: str) -> Put:
        key, body = retry
        record = IdempotencyItem(
            keys.idempotency(self._routes.caller().account_id, key),
            _SORT,
            body=body,
            result=made_id,
            expires_at=retention("idempotency").expiry(self._deps.clock()),
        )
        return Put(record, only_new=True)


def shown_once(made_id: str) -> NoReturn:
    """`again` for what nobody can be shown twice. Raises Problem 409 with its id."""
    raise already_created(made_id)


def _there[A](answer: A | None) -> A:
    if answer is None:
        raise not_found()
    return answer
