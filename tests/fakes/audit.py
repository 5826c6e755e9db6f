"""An audit log in memory, which somebody may tamper with."""

from collections.abc import Iterator

from leadlayer.audit.model import NOTHING, Entry, Head


class EntriesInMemory:
    """Of one account. `rivals` writers come first before the next append succeeds."""

    def __init__(self, *, rivals: int = 0) -> None:
        self.entries: list[Entry] = []
        self.rivals = rivals

    def head(self, account_id: str) -> Head:
        if not self.entries:
            return NOTHING
        last = self.entries[-1]
        return Head(last.seq, last.hash, last.at)

    def append(self, account_id: str, entry: Entry) -> bool:
        if self.rivals:
            self.rivals -= 1
            return False
        self.entries.append(entry)
        return True

    def oldest_first(self, account_id: str, *, begin: int, until: int) -> Iterator[Entry]:
        return (entry for entry in self.entries if begin <= entry.seq <= until)
