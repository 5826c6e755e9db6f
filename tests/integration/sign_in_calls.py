"""Signing in as a person does: ask for a link, read the mail, follow the link in one's browser."""

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from functions.authorizer import handler as authorizer
from functions.mailer import handler as mailer
from functions.sign_in import handler as sign_in
from leadlayer.accounts.model import Account, Member, Role, normal_email
from leadlayer.accounts.store import AccountStore
from leadlayer.core.crypto import token_hash
from leadlayer.core.table import Delete, Table, Write
from tests.world import Context, World, load_event

CONSOLE = "https://api.example/console"
VERIFIER = "kX2v9Qw1Xr7Tb5Yn2Mc8Zk3v9Qw1Xr7Tb5Yn2Mc8Zk3v9"
CHALLENGE = token_hash(VERIFIER)
OTHER_BROWSER = "another-browser-has-made-up-another-verifier-0"
OWNER = "owner@shop.example"
STRANGER = "noor@example.com"
SECRET_LINK = re.compile(r"/#/sign-in/([A-Za-z0-9_-]{43})$", re.MULTILINE)


@dataclass
class Person:
    """A browser, a mailbox, and what the three functions do for them."""

    world: World
    table: Table | None = None
    network: str = "203.0.113.7"
    mails: list[dict[str, str]] = field(default_factory=list)

    def call(self, name: str, **changes: Any) -> dict[str, Any]:
        """The answer of sign_in to an event file, as API Gateway would pass it on."""
        event = load_event(f"sign_in.{name}", **changes)
        event["requestContext"]["http"]["sourceIp"] = self.network
        deps = sign_in.Deps(
            self.world.settings,
            self.table or self.world.table,
            self.world.clock,
            lambda: self.world.keyring,
        )
        return sign_in.build(deps)(event, Context())

    def ask(self, email: str = OWNER, *, account_name: str | None = None) -> dict[str, Any]:
        body = {"email": email, "language": "nl", "challenge": CHALLENGE}
        if account_name is None:
            return self.call("sign_in", body=body)
        return self.call("sign_up", body=body | {"account_name": account_name})

    def read_mail(self) -> list[dict[str, str]]:
        """Lets the mailer send what is pending; all letters so far."""

        def send(**letter: str) -> None:
            self.mails.append(letter)

        settings = replace(self.world.settings, console_url=CONSOLE)
        deps = mailer.Deps(settings, self.world.table, send, lambda: self.world.keyring)
        mailer.build(deps)(load_event("mailer.schedule"), Context())
        return self.mails

    def link(self, email: str = OWNER, *, account_name: str | None = None) -> str:
        """The token in the letter that came for one's asking."""
        before = len(self.mails)
        assert self.ask(email, account_name=account_name)["statusCode"] == 202
        (letter,) = self.read_mail()[before:]
        (token,) = SECRET_LINK.findall(letter["text"])
        return token

    def follow(
        self, token: str, *, verifier: str = VERIFIER, account: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        body = {"token": token, "verifier": verifier}
        body |= {} if account is None else {"account": account}
        answer = self.call("session", body=body)
        return answer["statusCode"], json.loads(answer["body"])

    def sign_in(self, email: str = OWNER) -> str:
        """A session's token."""
        status, answer = self.follow(self.link(email))
        assert status == 201, answer
        return answer["token"]


def authorize(world: World, token: str, *, table: Table | None = None) -> dict[str, Any]:
    event = load_event("authorizer.session", headers={"authorization": f"Bearer {token}"})
    return authorizer.handle(event, authorizer.build(table or world.table, world.clock))


def join(world: World, email: str, role: Role = "agent", **changes: Any) -> Member:
    """Adds somebody to an account; `a_demo` unless it says another."""
    name = email.partition("@")[0]
    member = replace(Member(f"m_{name}", "a_demo", email, role), **changes)
    accounts = AccountStore(world.table)
    if accounts.find(member.account_id) is None:
        accounts.save(Account(member.account_id, f"The {name} company"))
    accounts.save_member(member, person=world.keyring.person(normal_email(email)))
    return member


def end_account(world: World) -> None:
    ended = Account("a_demo", "Demo B.V.", "terminated", "2026-11-23T10:00:00Z")
    AccountStore(world.table).save(ended)


class Recorded(Table):
    """Notes every operation: what kind, on which prefixes of keys."""

    def __init__(self, world: World) -> None:
        super().__init__(clock=world.clock)
        self.operations: list[str] = []

    def _note(self, operation: str, *pks: str) -> None:
        prefixes = " ".join(pk.split("#")[0] for pk in pks)
        self.operations.append(f"{operation} {prefixes}")

    def find(self, model, pk, sk):
        self._note("find", pk)
        return super().find(model, pk, sk)

    def query(self, model, pk, **options):
        self._note("query", pk)
        return super().query(model, pk, **options)

    def query_index(self, model, gsi1pk, **options):
        self._note("index", gsi1pk)
        return super().query_index(model, gsi1pk, **options)

    def write(self, write: Write) -> None:
        self._note(f"{type(write).__name__}", write.item.pk)
        super().write(write)

    def transact(self, writes) -> None:
        self._note("transact", *(f"{type(each).__name__}:{each.item.pk}" for each in writes))
        super().transact(writes)


class Late(Table):
    """Everybody has read before anybody writes: a second browser tab at the worst moment."""

    def __init__(self, world: World, meanwhile) -> None:
        super().__init__(clock=world.clock)
        self._meanwhile = meanwhile

    def transact(self, writes) -> None:
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        super().transact(writes)


class Careless(Late):
    """The planted fault: deletes the link without asking whether it is still there."""

    def transact(self, writes) -> None:
        super().transact(
            [replace(w, present=False) if isinstance(w, Delete) else w for w in writes]
        )
