"""People who leave something behind, and staff before the console that handles it."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from functions.chat import handler as chat
from functions.leads import handler as leads
from leadlayer.accounts.model import Account
from leadlayer.accounts.store import AccountStore
from leadlayer.sites.store import SiteStore
from tests.console_calls import ConsoleCalls, people
from tests.echo_model import EchoModel
from tests.world import SITE, Context, World, body_of, load_event

NOOR = {"name": "Noor de Vries", "email": "noor@example.com", "phone": "+31612345678"}
SITE_PATH = f"/v1/sites/{SITE.id}"


@dataclass
class Shop:
    """A customer's site with visitors on one side and staff on the other."""

    world: World
    model: Any = field(default_factory=EchoModel)
    keys: int = 0

    def __post_init__(self) -> None:
        world = self.world
        people(world)
        self.console = ConsoleCalls(world)
        self.chat = chat.build(
            chat.Deps(
                world.settings,
                world.table,
                world.clock,
                self.model,
                lambda: world.keyring,
                self.console.ledger,
                self.console.jobs,
            )
        )
        self.form = leads.build(
            leads.Deps(world.settings, world.table, world.clock, lambda: world.keyring)
        )

    def talk(self, message: str = "Hallo", *, started: Any = None, key: str = "") -> dict[str, str]:
        """A visitor says something; gives the conversation's id and token."""
        said = {"message": message} | (started or {})
        event = load_event("chat.json", body=said, headers=self._key(key))
        answer = body_of(self.chat(event, Context()))
        return {name: answer[name] for name in ("conversation", "token")}

    def leave(self, *, started: Any = None, key: str = "", **contact: Any) -> str:
        """A visitor fills in the form; gives the lead's id. A moment passes, so that ids sort."""
        self.world.clock.advance(seconds=1)
        body = json.loads(load_event("leads.valid")["body"]) | NOOR | (started or {}) | contact
        event = load_event("leads.valid", body=body, headers=self._key(key))
        answer = self.form(event, Context())
        assert answer["statusCode"] == 201
        return body_of(answer)["lead"]

    def staff(self, method: str, path: str, body: Any = None, **caller: Any) -> tuple[int, Any]:
        """A call below the site's path."""
        return self.console.call(method, SITE_PATH + path, body, **caller)

    def lead(self, lead_id: str, **caller: Any) -> dict[str, Any]:
        status, lead = self.staff("GET", f"/leads/{lead_id}", **caller)
        assert status == 200
        return lead

    def _key(self, key: str) -> dict[str, str]:
        """A new Idempotency-Key, under whichever spelling of the header the event has."""
        self.keys += 1
        key = key or f"key-{self.keys:016d}"
        return {"idempotency-key": key, "Idempotency-Key": key}


def foreign_site(world: World, site_id: str = "s_other", account: str = "a_other") -> None:
    """A site of another customer."""
    AccountStore(world.table).save(Account(account, "Other B.V."))
    SiteStore(world.table).save(replace(SITE, id=site_id, account_id=account))
