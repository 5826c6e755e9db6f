"""Decides from when something that was announced may hold: when everybody has had their time."""

from collections.abc import Iterable
from datetime import UTC, datetime

from leadlayer.core.clock import Period
from leadlayer.core.policy import policy
from leadlayer.notices.model import Notice


def earliest_effect(notice: Notice, people: Iterable[str]) -> datetime | None:
    """The policy's days after the last of `people` (member ids) saw the notice first; None while
    somebody has not. Who was told by mail is counted by whoever sends it, not here."""
    first = [notice.shown.get(member) for member in people]
    seen = [datetime.fromisoformat(at).astimezone(UTC) for at in first if at is not None]
    if not seen or len(seen) < len(first):
        return None
    return Period.parse(policy().deadline_text["change_notice"]).after(max(seen))
