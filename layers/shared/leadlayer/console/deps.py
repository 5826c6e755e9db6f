"""What the routes of the console work with: made once by the handler, with fakes by the tests."""

from collections.abc import Callable
from dataclasses import dataclass

from leadlayer.core.clock import Clock
from leadlayer.core.crypto import Keyring
from leadlayer.core.ids import ulid
from leadlayer.core.jobs import JobQueue
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table
from leadlayer.core.vault import Vault
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.ledger import Ledger


@dataclass(frozen=True)
class Deps:
    settings: Settings
    table: Table
    clock: Clock
    keyring: Callable[[], Keyring]
    ledger: Ledger
    # Seals only: the console's role may encrypt with the key and not decrypt.
    vault: Vault
    jobs: JobQueue
    files: ExportFiles

    def new_id(self) -> str:
        return ulid(self.clock())
