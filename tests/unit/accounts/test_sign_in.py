"""However links are asked for and tried: one link opens at most one session, in one browser."""

import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leadlayer.accounts.links import LinkStore
from leadlayer.accounts.model import Account, Member, normal_email
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.sign_in import Asked, Choice, SignedIn, ask_link, exchange
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import epoch
from leadlayer.core.crypto import Keyring, token_hash
from leadlayer.core.errors import Problem
from leadlayer.core.table import Delete, Write
from leadlayer.mail.store import mail_row
from tests.clocks import FixedClock
from tests.unit.accounts.memory import MemoryTable

KEYRING = Keyring(bytes(range(32)))
VERIFIER = "kX2v9Qw1Xr7Tb5Yn2Mc8Zk3v9Qw1Xr7Tb5Yn2Mc8Zk3v9"
KNOWN = "owner@shop.example"


@dataclass
class Desk:
    """The service with its real stores on a table in memory."""

    clock: FixedClock = field(default_factory=FixedClock)
    mails: int = 0

    def __post_init__(self) -> None:
        self.table: Any = MemoryTable(self.clock)
        self.accounts = AccountStore(self.table)
        self.join("a_1", "m_1")

    def join(self, account_id: str, member_id: str, email: str = KNOWN) -> None:
        member = Member(member_id, account_id, email, "owner")
        person = KEYRING.person(email)
        self.table.transact(
            self.accounts.opening(Account(account_id, "One"), member, person=person)
        )

    def new_id(self) -> str:
        self.mails += 1
        return f"01M{self.mails}"

    def ask(self, email: str = KNOWN, *, account_name: str | None = None) -> str:
        """The token that the mailer would put into the letter."""
        now = self.clock()
        ask_link(
            Asked(email, "nl", token_hash(VERIFIER), account_name),
            links=LinkStore(self.table),
            commit=self.table.transact,
            announce=lambda kind, mail_id, expires_at: mail_row(kind, id=mail_id, now=now),
            keyring=KEYRING,
            clock=self.clock,
            new_id=self.new_id,
        )
        return KEYRING.link_token(f"01M{self.mails}")

    def use(
        self,
        token: str,
        verifier: str = VERIFIER,
        *,
        account_id: str | None = None,
        commit: Callable[[Any], None] | None = None,
    ) -> SignedIn | Choice | str:
        try:
            return exchange(
                token,
                verifier,
                account_id=account_id,
                links=LinkStore(self.table),
                accounts=self.accounts,
                sessions=SessionStore(self.table, clock=self.clock),
                commit=commit or self.table.transact,
                new_id=self.new_id,
            )
        except Problem as problem:
            return problem.code


def test_a_link_in_its_browser_opens_a_session_for_the_member_of_the_address():
    desk = Desk()

    done = desk.use(desk.ask("  Owner@shop.example"))

    assert isinstance(done, SignedIn)
    assert (done.account.id, done.member.id, done.member.state) == ("a_1", "m_1", "active")
    assert done.expires_at == epoch(desk.clock.now) + 12 * 3600


def test_a_known_and_an_unknown_address_leave_rows_of_the_same_form():
    rows = []
    for email in (KNOWN, "stranger@example.com"):
        desk = Desk()
        before = set(desk.table.rows)
        desk.ask(email)
        added = [desk.table.rows[key] for key in desk.table.rows.keys() - before]
        rows.append(sorted((row.type, sorted(row.attribute_values)) for row in added))

    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    "verifier",
    ["", VERIFIER[:-1], VERIFIER + "0", VERIFIER.lower(), token_hash(VERIFIER), "é" * 43],
)
def test_only_the_verifier_of_the_challenge_opens_it(verifier):
    desk = Desk()
    token = desk.ask()

    assert desk.use(token, verifier) == "link_invalid"
    assert isinstance(desk.use(token), SignedIn)


def test_the_challenge_is_that_of_the_specification():
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert token_hash(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_no_text_is_taken_for_a_token(text):
    assert Desk().use(text) == "link_invalid"


@given(
    st.text(string.ascii_letters + string.digits, min_size=1, max_size=20),
    st.sampled_from([str.upper, str.lower, str.title, lambda text: f" {text} "]),
)
def test_spelling_an_address_in_another_case_makes_no_other_person(name, spell):
    address = f"{name}@shop.example"

    assert normal_email(spell(address)) == normal_email(address)


def test_a_crash_between_reading_and_writing_leaves_the_link_for_another_try():
    desk = Desk()
    token = desk.ask()

    def crash(_: object) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        desk.use(token, commit=crash)
    assert isinstance(desk.use(token), SignedIn)


def test_a_choice_names_all_accounts_and_leaves_the_link():
    desk = Desk()
    desk.join("a_2", "m_2")
    token = desk.ask()

    choice = desk.use(token)

    assert isinstance(choice, Choice)
    assert [account.id for account in choice.accounts] == ["a_1", "a_2"]
    assert isinstance(desk.use(token, account_id="a_2"), SignedIn)


class Browsers(RuleBasedStateMachine):
    """Any order of asking, following, trying elsewhere, waiting and racing."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.tokens: list[str] = []
        self.born: list[float] = []

    def _commit(self, writes: list[Write]) -> None:
        self.desk.table.transact(writes)

    def _token(self, number: int) -> str:
        return self.tokens[number % len(self.tokens)] if self.tokens else "none"

    @rule(sign_up=st.booleans())
    def ask(self, *, sign_up: bool) -> None:
        name = "New" if sign_up else None
        self.tokens.append(self.desk.ask(account_name=name))
        self.born.append(self.desk.clock.now.timestamp())

    @rule(number=st.integers(0, 9), browser=st.sampled_from([VERIFIER, "x" * 43]))
    def follow(self, number: int, browser: str) -> None:
        # With a sign-up done, the person has several accounts and says which.
        done = self.desk.use(self._token(number), browser, account_id="a_1", commit=self._commit)
        if browser != VERIFIER:
            assert done == "link_invalid"
        if isinstance(done, SignedIn):
            age = self.desk.clock.now.timestamp() - self.born[number % len(self.tokens)]
            assert age < 600

    @rule(number=st.integers(0, 9))
    def follow_in_two_tabs(self, number: int) -> None:
        token = self._token(number)

        def after_the_other(writes: list[Write]) -> None:
            self.desk.use(token, account_id="a_1", commit=self._commit)
            self._commit(writes)

        self.desk.use(token, account_id="a_1", commit=after_the_other)

    @rule(seconds=st.sampled_from([1, 299, 300, 599, 600]))
    def wait(self, seconds: int) -> None:
        self.desk.clock.advance(seconds=seconds)

    @invariant()
    def there_are_no_more_sessions_than_links(self) -> None:
        used = [token for token in self.tokens if not self._is_there(token)]
        assert len(self.desk.table.of("session")) <= len(used)

    @invariant()
    def every_account_but_the_first_was_asked_for(self) -> None:
        assert len(self.desk.table.of("account")) <= 1 + len(self.tokens)

    def _is_there(self, token: str) -> bool:
        return any(token_hash(token) in pk for pk, _ in self.desk.table.rows)


TestBrowsers = Browsers.TestCase


class CarelessBrowsers(Browsers):
    """The planted fault: the link is deleted without asking whether it is still there."""

    def _commit(self, writes: list[Write]) -> None:
        super()._commit([replace(w, present=False) if isinstance(w, Delete) else w for w in writes])


def test_twin_a_link_that_may_be_used_twice_is_found():
    careless = CarelessBrowsers()
    careless.ask(sign_up=False)
    careless.there_are_no_more_sessions_than_links()
    careless.follow_in_two_tabs(0)

    with pytest.raises(AssertionError):
        careless.there_are_no_more_sessions_than_links()
