"""Calls of the console's routes as API Gateway hands them on, after its authorizer has answered."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from leadlayer.accounts.model import Account, Member, Role
from leadlayer.accounts.store import AccountStore
from leadlayer.console.app import build
from leadlayer.console.deps import Deps
from leadlayer.core.clock import epoch
from leadlayer.core.jobs import JobQueue
from leadlayer.core.vault import CannotOpen, Vault
from leadlayer.exports.files import ExportFiles
from leadlayer.privacy.ledger import Ledger
from tests.world import Context, World

LEDGER_TABLE = "leadlayer-test-ledger"
ROLES: tuple[Role, ...] = ("owner", "admin", "agent", "viewer", "privacy_officer")
# Longer ago than a sign-in counts as recent.
LONG_AGO_S = 3600


class SealedBox(Vault):
    """Seals without KMS: readable, but only under the account and kind it was sealed for."""

    def __init__(self) -> None:
        """No key and no client."""

    def seal(self, text: str, *, account_id: str, kind: str) -> str:
        return json.dumps([account_id, kind, text[::-1]])

    def open(self, sealed: str, *, account_id: str, kind: str) -> str:
        account, sealed_kind, text = json.loads(sealed)
        if (account, sealed_kind) != (account_id, kind):
            raise CannotOpen
        return text[::-1]


class SentJobs(JobQueue):
    """Remembers what was sent instead of sending it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, ...]] = []

    def send(self, kind: str, account_id: str, job_id: str, site_id: str = "") -> None:
        job = (kind, account_id, job_id)
        self.sent.append((*job, site_id) if site_id else job)


class FilesInMemory(ExportFiles):
    """Files by their key; `deleted` are those that somebody deleted, there or not."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.deleted: list[str] = []

    def link(self, key: str, *, filename: str, seconds: int) -> str:
        query = urlencode({"filename": filename, "expires": seconds})
        return f"https://files.example/{key}?{query}"

    def delete(self, key: str) -> None:
        self.files.pop(key, None)
        self.deleted.append(key)


class RecordedLedger(Ledger):
    """What was entered, in order; the real one is tested on its own."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str]] = []

    def record(self, account_id: str, kind: str, target: str = "") -> None:
        self.entries.append((account_id, kind, target))


@dataclass
class ConsoleCalls:
    """The console on a world. `call` gives the status and the document of the answer."""

    world: World
    ledger: RecordedLedger = field(default_factory=RecordedLedger)
    vault: SealedBox = field(default_factory=SealedBox)
    jobs: SentJobs = field(default_factory=SentJobs)
    files: FilesInMemory = field(default_factory=FilesInMemory)

    def __post_init__(self) -> None:
        self.handle = build(self.deps)

    @property
    def deps(self) -> Deps:
        world = self.world
        return Deps(
            world.settings,
            world.table,
            world.clock,
            lambda: world.keyring,
            self.ledger,
            self.vault,
            self.jobs,
            self.files,
        )

    def call(self, method: str, path: str, body: Any = None, **caller: Any) -> tuple[int, Any]:
        """`caller` are the keywords of `event`. None for an answer without a body."""
        answer = self.answer(method, path, body, **caller)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def answer(self, method: str, path: str, body: Any = None, **caller: Any) -> dict[str, Any]:
        return self.handle(self.event(method, path, body, **caller), Context())

    def event(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str = "owner",
        account: str = "a_demo",
        member: str | None = None,
        query: dict[str, Any] | None = None,
        recent: bool = True,
        state: str = "active",
        api_key: bool = False,
        session: str = "01SESSION",
    ) -> dict[str, Any]:
        """`member` is by default the role's own: m_owner, m_admin… (see `people`)."""
        asked = {name: str(value) for name, value in (query or {}).items()}
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": path,
            "rawQueryString": urlencode(asked),
            "headers": {"authorization": "Bearer lls_test"},
            "pathParameters": {"proxy": path.removeprefix("/v1/")},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
                "stage": "$default",
                "requestId": "r",
                "authorizer": {
                    "lambda": {
                        "account": account,
                        "member": "" if api_key else member or f"m_{role}",
                        "role": role,
                        "account_state": state,
                        "key": "k_test" if api_key else "",
                        "session": "" if api_key else session,
                        "signed_in_at": self._signed_in_at(recent=recent, api_key=api_key),
                    }
                },
            },
            "isBase64Encoded": False,
        }
        if asked:
            event["queryStringParameters"] = asked
        if body is not None:
            event["headers"]["content-type"] = "application/json"
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return event

    def _signed_in_at(self, *, recent: bool, api_key: bool) -> int:
        if api_key:
            return 0
        return epoch(self.world.clock()) - (0 if recent else LONG_AGO_S)


def people(world: World, account: str = "a_demo") -> None:
    """A member of each role: m_owner, m_admin, m_agent, m_viewer, m_privacy_officer."""
    store = AccountStore(world.table)
    for role in ROLES:
        email = f"{role}@{account}.example".replace("_", "-")
        member = Member(f"m_{role}", account, email, role, "en", name=role.title())
        store.save_member(member, person=world.keyring.person(email))


def other_account(world: World, account: str = "a_other") -> None:
    """A second customer, with a member of each role."""
    AccountStore(world.table).save(Account(account, "Other B.V."))
    people(world, account)
