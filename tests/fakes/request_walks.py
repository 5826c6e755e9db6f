"""Random walks of a request through its states, in memory: events in any order, twice, by two."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from leadlayer.audit.model import Entry
from leadlayer.audit.service import AuditLog
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem
from leadlayer.core.table import Write
from leadlayer.privacy.requests import Intake, Requests
from leadlayer.privacy.requests_model import Contact, Event, Request
from leadlayer.privacy.requests_rules import RULES, required
from tests.clocks import FixedClock
from tests.fakes.audit import EntriesInMemory
from tests.fakes.requests import EMAIL, FIRST, SECOND, SIGNER

# How a walk begins, so that it gets to the far states too.
SHORT = ("route", "ask_identity", "verify", "review")
BEGINNINGS: dict[str, tuple[str, ...]] = {
    "received": (),
    "in review": SHORT,
    "proposed": (*SHORT, "propose"),
    "executing": (*SHORT, "approve", "cool_off", "execute"),
    "partly": (*SHORT, "propose partially", "approve_partially", "cool_off", "execute"),
    "verifying": (*SHORT, "approve", "cool_off", "execute", "settle all", "begin_verifying"),
    "clean": (*SHORT, "approve", "cool_off", "execute", "settle all", "begin_verifying", "scan"),
    "partly clean": (
        *SHORT, "propose partially", "approve_partially", "cool_off", "execute", "settle all",
        "begin_verifying", "scan",
    ),
}  # fmt: skip


class RowsInMemory:
    """`rival` does something between a worker's look and its write."""

    def __init__(self, entries: EntriesInMemory) -> None:
        self.row: Request | None = None
        self.entries = entries
        self.rival: Callable[[], None] | None = None

    def find(self, account_id: str, request_id: str) -> Request | None:
        is_it = self.row and (self.row.account_id, self.row.id) == (account_id, request_id)
        return self.row if is_it else None

    def account_of(self, request_id: str) -> str | None:
        return self.row.account_id if self.row and self.row.id == request_id else None

    def add(self, request: Request, entry: Entry) -> bool:
        self.row = request
        return self.entries.append(request.account_id, entry)

    def move(
        self, before: Request, after: Request, entry: Entry, *, beside: Sequence[Write] = ()
    ) -> bool:
        if rival := self.rival:
            self.rival = None
            rival()
        is_last = not self.entries.entries or self.entries.entries[-1].hash == entry.previous
        if self.row is None or self.row.version != before.version or not is_last:
            return False
        self.row = after
        return self.entries.append(after.account_id, entry)


@dataclass(frozen=True)
class Step:
    """What happens next: any event or, more often, one that its state knows, with what it takes
    (`apt`)."""

    pick: int
    known: bool
    apt: bool
    actor: str
    twice: bool
    raced: bool
    hours: int
    given: dict[str, Any]


@dataclass
class Walk:
    """`happened` are the events that had an effect, with the request before and after each."""

    right: Any
    rows: RowsInMemory = field(default_factory=lambda: RowsInMemory(EntriesInMemory()))
    clock: FixedClock = field(default_factory=FixedClock)
    happened: list[tuple[Event, Request, Request]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = AuditLog(self.rows.entries, self.clock, sleep=lambda _: None)
        self.requests = Requests(
            store=self.rows,
            audit=self.log,
            clock=self.clock,
            keyring=Keyring(bytes(range(32))),
            signer=SIGNER,
        )
        contact = Contact(email=EMAIL)
        self.first = self.requests.open(
            Intake("r_1", "end_user", self.right, contact, "de", "a_demo")
        )
        self._number = 0

    @property
    def now(self) -> Request:
        return self.requests.find("a_demo", "r_1")

    def begin(self, names: Sequence[str]) -> None:
        for name in names:
            if name == "settle all":
                for kind in sorted(required(self.now)):
                    self.apply(self.event("settle", kind=kind, count=1))
            elif name == "propose partially":
                given = {"decision": "partially_approved", "ground": "excessive"}
                self.apply(self.event("propose", **given))
            elif name != "cool_off" or self.right == "erasure":
                self.apply(self.event(name, actor=_second(name), **_GIVEN.get(name, {})))

    def event(self, name: Any, actor: str = FIRST, **given: Any) -> Event:
        self._number += 1
        return Event(f"e_{self._number}", name, actor, **given)

    def apply(self, event: Event) -> str:
        """The code of the refusal; empty when it happened, or had happened before."""
        before = self.now
        try:
            self.requests.apply("a_demo", "r_1", event)
        except Problem as problem:
            return problem.code
        if event.id not in before.events:
            # With a rival in between, `before` is what the rival left.
            last = self.happened[-1][2] if self.happened else self.first
            self.happened.append((event, last, self.now))
        return ""

    def take(self, step: Step) -> None:
        self.clock.advance(hours=step.hours)
        event = self._chosen(step)
        if step.raced:
            rival = self.event("withdraw")
            self.rows.rival = lambda: void(self.apply(rival))
        self.apply(event)
        self.rows.rival = None
        if step.twice:
            left = self.now, len(self.rows.entries.entries)
            if event.id in self.now.events:
                self.apply(event)
                assert (self.now, len(self.rows.entries.entries)) == left

    def _chosen(self, step: Step) -> Event:
        rules = list(RULES.values())
        if step.known:
            rules = [rule for rule in rules if self.now.state in rule.sources] or rules
        rule = rules[step.pick % len(rules)]
        given = {**step.given, "actor": step.actor}
        if step.apt:
            given |= {"actor": FIRST, **_GIVEN.get(rule.name, {})}
            given |= self._apt_for(rule.name)
        return self.event(rule.name, **given)

    def _apt_for(self, name: str) -> dict[str, Any]:
        first = self.now.proposal
        if name in ("deny", "approve_partially") and first is not None:
            return {"ground": first.ground, "actor": FIRST if first.by == SECOND else SECOND}
        if name == "settle":
            kinds = sorted(required(self.now) - self.now.handled.keys()) or ["lead"]
            return {"kind": kinds[0]}
        return {}


_GIVEN: dict[str, dict[str, Any]] = {
    "verify": {"method": "session"},
    "propose": {"decision": "denied", "ground": "excessive"},
    "approve_partially": {"ground": "excessive"},
    "extend": {"reason": "complex", "months": 2},
    "cool_off": {"hours": 0},
    "settle": {"count": 1, "ground": None, "until": None},
    "scan": {"clean": True},
}


def _second(name: str) -> str:
    return SECOND if name == "approve_partially" else FIRST


def void(_: object) -> None:
    """For a callback whose result nobody wants."""


GIVEN = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["session", "code", None]),
        "decision": st.sampled_from(["denied", "partially_approved", None]),
        "ground": st.sampled_from(["excessive", "excessive", "unfounded", None]),
        "reason": st.sampled_from(["complex", None]),
        "months": st.integers(0, 3),
        "hours": st.sampled_from([0, 24, 72, 73]),
        "kind": st.sampled_from(["lead", "", "stripe"]),
        "count": st.integers(-1, 2),
        "clean": st.booleans(),
        "earlier": st.sampled_from(["", "r_1"]),
    }
)
STEPS = st.builds(
    Step,
    pick=st.integers(0, 1000),
    known=st.sampled_from([True, True, True, False]),
    apt=st.sampled_from([True, True, False]),
    actor=st.sampled_from([FIRST, SECOND, "key:k_1", ""]),
    twice=st.booleans(),
    raced=st.sampled_from([False] * 9 + [True]),
    hours=st.sampled_from([0, 0, 0, 1, 30, 200]),
    given=GIVEN,
)
RIGHTS = st.sampled_from(["erasure", "erasure", "access", "objection"])


def walked(right: str, beginning: str, steps: Sequence[Step]) -> Walk:
    walk = Walk(right)
    walk.begin(BEGINNINGS[beginning])
    for step in steps:
        walk.take(step)
    return walk
