"""A customer with webhooks, an endpoint that behaves as told, and the stream that a table has."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.webhooks import handler
from leadlayer.chat.store import ConversationItem
from leadlayer.core import keys
from leadlayer.core.clock import epoch, iso
from leadlayer.core.outbound import NotSent
from leadlayer.core.table import Put, Table
from leadlayer.core.vault import Vault
from leadlayer.handover import lead_store
from leadlayer.leads.model import ConsentEvidence, Lead
from leadlayer.webhooks import service
from leadlayer.webhooks.model import VAULT_KIND, Delivery, Event, Webhook
from leadlayer.webhooks.store import DeliveryStore, WebhookStore
from tests.console_calls import SealedBox
from tests.world import TABLE, Context, World, load_event

LEAD = "01KASB3H00M4X7C2V9B5N8Q1W3"
CONVERSATION = "01KASB3H00C0NV3RSAT10N0001"
URL = "https://hooks.example.com/leads"
NEWS = ("LEADS#", "CONV#", "DELIVERY#")
CONTACT = {"name": "Noor de Vries", "email": "noor@example.com", "message": "kanarie 1a2b"}


class WorkerDied(Exception):
    """Lambda ended it: nothing after this happened."""


@dataclass(frozen=True)
class Request:
    url: str
    body: bytes
    headers: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Endpoint:
    """What becomes of each request, in order, and then `usual`: a status, a code of NotSent,
    `died` before a byte left or `sent and died` after the endpoint had it all."""

    script: list[int | str] = field(default_factory=list)
    usual: int | str = 200
    received: list[Request] = field(default_factory=list)
    slow: dict[str, str] = field(default_factory=dict)
    # The seconds that pass while a URL has a request; all that passes at all.
    takes: dict[str, float] = field(default_factory=dict)
    passed: float = 0.0
    # How long each request was allowed to take; None without a limit of its own.
    within: list[float | None] = field(default_factory=list)
    # The how-manieth requests were answered with a 2xx that the worker lived to see.
    yes: list[int] = field(default_factory=list)
    # What the door looks at before anything is sent.
    check: Callable[[str], None] = lambda _: None
    # Happens while the endpoint has the request and has not answered.
    meanwhile: Callable[[], None] = lambda: None

    def __call__(
        self, url: str, body: bytes, headers: Any, *, within_s: float | None = None
    ) -> int:
        self.check(url)
        self.within.append(within_s)
        self.passed += self.takes.get(url, 0)
        fate = self.slow.get(url) or (self.script.pop(0) if self.script else self.usual)
        if fate == "died":
            raise WorkerDied
        if isinstance(fate, str) and fate != "sent and died":
            raise NotSent(fate)
        self.received.append(Request(url, body, dict(headers)))
        self.meanwhile()
        if not isinstance(fate, int):
            raise WorkerDied
        self.yes += [len(self.received)] if 200 <= fate < 300 else []
        return fate

    @property
    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.received]


class Rig:
    def __init__(
        self, world: World, *, table: Table | None = None, vault: Vault | None = None
    ) -> None:
        self.world = world
        self.endpoint = Endpoint()
        self.vault = vault or SealedBox()
        self.webhooks = WebhookStore(world.table)
        self.deliveries = DeliveryStore(world.table, clock=world.clock)
        self.seen: set[tuple[str, str]] = set()
        deps = handler.Deps(
            world.settings,
            table or world.table,
            world.clock,
            self.vault,
            self.endpoint,
            monotonic=lambda: self.endpoint.passed,
        )
        self.handle = handler.build(deps)
        self._made = 0

    def new_id(self) -> str:
        self._made += 1
        return f"w{self._made}"

    def seal(self, text: str, account_id: str) -> str:
        return self.vault.seal(text, account_id=account_id, kind=VAULT_KIND)

    def add_webhook(
        self,
        *events: Event,
        url: str = URL,
        account: str = "a_demo",
    ) -> tuple[Webhook, str]:
        return service.create(
            account,
            url,
            events or ("lead.created",),
            webhooks=self.webhooks,
            seal=self.seal,
            check_url=lambda _: None,
            clock=self.world.clock,
            new_id=self.new_id,
        )

    def rotate(self, webhook: Webhook) -> str:
        return service.rotate(
            webhook.account_id,
            webhook.id,
            webhooks=self.webhooks,
            seal=self.seal,
            clock=self.world.clock,
        )

    def webhook(self, webhook_id: str = "w1", account: str = "a_demo") -> Webhook:
        found = self.webhooks.find(account, webhook_id)
        assert found is not None
        return found

    def add_lead(self, lead_id: str = LEAD, *, account: str = "a_demo", days: int = 700) -> Lead:
        now = self.world.clock()
        lead = Lead(
            id=lead_id,
            site_id="s_demo",
            account_id=account,
            created_at=iso(now),
            visited_at=iso(now),
            expires_at=epoch(now) + days * 86_400,
            consent=ConsentEvidence(True, "v1", "hash", "nl", "form", iso(now)),
            contact=CONTACT,
            subjects=(),
            page="/bikes",
        )
        lead_store(self.world.table, clock=self.world.clock).add(lead, retry=None)
        return lead

    def owe(self, webhook_id: str, *lead_ids: str) -> None:
        """Deliveries that are due, as news of these leads would have written them."""
        now = iso(self.world.clock())
        for lead_id in lead_ids:
            self.deliveries.add(
                Delivery(lead_id, webhook_id, "lead.created", "a_demo", "s_demo", created_at=now)
            )

    def new_lead(self) -> None:
        """Comes in, and the stream tells of it."""
        self.add_lead()
        self.news()

    def erase_lead(self) -> None:
        key = {"pk": {"S": keys.leads("s_demo")}, "sk": {"S": keys.lead(LEAD)}}
        self.world.client.delete_item(TableName=TABLE, Key=key)

    def add_conversation(self, conversation_id: str = CONVERSATION) -> None:
        now = self.world.clock()
        item = ConversationItem(
            keys.conversation("s_demo", conversation_id),
            "META",
            account_id="a_demo",
            language="nl",
            visited_at=iso(now),
            disclosure_version="v1",
            turns=1,
            page="/bikes",
            expires_at=epoch(now) + 86_400,
        )
        self.world.table.write(Put(item))

    def stream(self, *rows: tuple[str, str]) -> dict[str, Any]:
        """One batch: these rows are new. The n-th record's number is n."""
        return self.handle({"Records": records(rows)}, Context())

    def news(self) -> list[dict[str, Any]]:
        """Batches until nothing is new any more, as the table's stream brings them."""
        answers: list[dict[str, Any]] = []
        while rows := self._unseen():
            self.seen |= set(rows)
            answers.append(self.stream(*rows))
        return answers

    def sweep(self) -> dict[str, Any]:
        return self.handle(load_event("webhooks.schedule"), Context())

    def _unseen(self) -> list[tuple[str, str]]:
        rows = [(row["pk"]["S"], row["sk"]["S"]) for row in self.world.rows()]
        return [key for key in rows if key[0].startswith(NEWS) and key not in self.seen]

    @property
    def states(self) -> dict[str, str]:
        """The state of each delivery by what it is about and its webhook."""
        return {
            f"{row['pk']['S'].removeprefix('DELIVERY#')}/{row['sk']['S'].split('#')[0]}": row[
                "state"
            ]["S"]
            for row in self.world.rows("delivery")
        }

    @property
    def log(self) -> list[tuple[int, str]]:
        """Status and outcome of each attempt; those of one moment in no order."""
        rows = sorted(self.world.rows("delivery_attempt"), key=lambda row: row["sk"]["S"])
        return [(int(row["status"]["N"]), row["outcome"]["S"]) for row in rows]


def records(rows: Sequence[tuple[str, str]], *, name: str = "INSERT") -> list[dict[str, Any]]:
    (record,) = load_event("webhooks.lead")["Records"]
    return [
        record
        | {
            "eventName": name,
            "dynamodb": record["dynamodb"]
            | {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "SequenceNumber": str(number)},
        }
        for number, (pk, sk) in enumerate(rows)
    ]


def failed(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}
