"""Where a row is listed by the second from which it has to go: a purge finds what is overdue there
and looks at nothing else.

Each day (UTC) is a partition of its own in the sparse index `gsi2`. One day's rows are written at
most as fast as the table lets anybody write, half of what a partition takes: no shards are needed.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from pynamodb.expressions.operand import Value
from pynamodb.expressions.update import Action, RemoveAction, SetAction

from leadlayer.core import keys


def day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def sort_key(second: int) -> str:
    """Twelve digits sort as numbers do."""
    return f"{second:012}"


def place(second: int, now: datetime) -> tuple[str, str]:
    """The index keys of a row. What is overdue as it is written (a head that an erasure shut) is
    listed under today: the days before may have been looked through for good."""
    day = max(day_of(datetime.fromtimestamp(second, UTC)), day_of(now))
    return keys.due(day.isoformat()), sort_key(second)


def changed(actions: Sequence[Action], name: str) -> int | None:
    """The second that `actions` set the attribute to, 0 when they remove it, None when they leave
    it alone. Raises TypeError when they reckon with it: nobody could say where it is listed."""
    for action in actions:
        path: Any = action.values[0]
        if path.path != [name]:
            continue
        if isinstance(action, RemoveAction):
            return 0
        value = action.values[-1]
        if isinstance(action, SetAction) and isinstance(value, Value):
            return int(value.value["N"])
        raise TypeError(name)
    return None
