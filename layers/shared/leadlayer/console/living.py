"""Decides that nothing is made which would outlive the end of its account (P06)."""

from collections.abc import Generator
from contextlib import contextmanager

from leadlayer.accounts.store import AccountStore, still_active
from leadlayer.console.access import account_terminated
from leadlayer.core.errors import Problem
from leadlayer.core.table import ConditionFailed, Table, Write


@contextmanager
def while_active(table: Table, account_id: str) -> Generator[Write]:
    """Gives a write for the transaction that makes something. Raises Problem 409 when the account
    has ended between the door and that transaction."""
    try:
        yield still_active(account_id)
    except (ConditionFailed, Problem):
        account = AccountStore(table).find(account_id)
        if account is None or account.state != "active":
            raise account_terminated() from None
        raise
