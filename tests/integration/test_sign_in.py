"""Signing in: a link by mail for whoever is known, one use, one browser; no word about who is."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.sign_in import handler
from leadlayer.accounts.store import AccountStore
from leadlayer.audit.store import AuditStore
from leadlayer.core.clock import epoch
from leadlayer.core.settings import Settings
from leadlayer.core.table import Table
from tests.integration.sign_in_calls import (
    CHALLENGE,
    OTHER_BROWSER,
    OWNER,
    STRANGER,
    VERIFIER,
    Careless,
    Late,
    Person,
    Recorded,
    authorize,
    end_account,
    join,
)
from tests.world import World

INVALID = 403


@pytest.fixture
def person(world: World) -> Person:
    join(world, OWNER, "owner", language="nl")
    return Person(world)


def sessions(world: World) -> int:
    return len(world.rows("session"))


# The way through


def test_whoever_follows_the_link_in_their_mail_is_signed_in_for_twelve_hours(world, person):
    status, answer = person.follow(person.link())

    assert status == 201
    assert answer | {"token": "t"} == {
        "token": "t",
        "expires_at": "2026-11-23T22:00:00Z",
        "account": {"id": "a_demo", "name": "Demo B.V.", "state": "active"},
        "member": {"id": "m_owner", "role": "owner", "language": "nl"},
    }
    assert answer["token"].startswith("lls_")
    context = authorize(world, answer["token"])["context"]
    assert (context["member"], context["signed_in_at"]) == ("m_owner", epoch(world.clock.now))


@pytest.mark.parametrize("typed", ["Owner@Shop.example", "OWNER@shop.example"])
def test_an_address_is_the_same_however_it_is_typed(person, typed):
    assert person.sign_in(typed)


def test_a_stranger_gets_no_mail_and_the_row_is_done(world, person):
    person.ask(STRANGER)

    assert person.read_mail() == []
    assert [row for row in world.rows("mail") if "gsi1pk" in row] == []


def test_a_mail_that_is_sent_again_is_the_same_mail(world, person):
    class Forgetful(Table):
        """A mailer that dies before it can mark anything."""

        def write(self, write) -> None:
            pass

    person.ask()
    forgetful = Person(replace(world, table=Forgetful(clock=world.clock)))
    forgetful.read_mail()
    first, second = forgetful.read_mail()
    assert first == second


def test_a_terminated_account_can_be_signed_in_to(world, person):
    end_account(world)

    status, answer = person.follow(person.link())

    assert (status, answer["account"]["state"]) == (201, "terminated")


# No word about who is known


def asked(world: World, table: type[Recorded], email: str) -> tuple[dict, list[str]]:
    """The answer, and what was done in the table for it."""
    # The day's salt of the limits is made by whoever comes first.
    Person(world, network="198.51.100.7").ask("first@example.com")
    recorded = table(world)
    return Person(world, recorded).ask(email), recorded.operations


def test_known_and_unknown_addresses_get_the_same_bytes_after_the_same_work(world, person):
    known, work = asked(world, Recorded, OWNER)
    unknown, other_work = asked(world, Recorded, STRANGER)

    assert known == unknown
    assert (known["statusCode"], known["body"]) == (202, "{}")
    limits = ["find RATE", "Update RATE", "Update RATE", "Update RATE"]
    assert work == other_work == [*limits, "transact Put:LINK Put:OUTBOX"]


def test_twin_a_handler_that_looks_the_address_up_first_is_noticed(world, person):
    class Nosy(Recorded):
        """Writes a link only for whom it knows."""

        def transact(self, writes) -> None:
            if AccountStore(self).members_of(writes[0].item.person):
                super().transact(writes)

    assert asked(world, Nosy, OWNER)[1] != asked(world, Nosy, STRANGER)[1]


@pytest.mark.parametrize("email", [OWNER, STRANGER])
def test_the_limit_for_an_address_is_five_and_the_same_for_everybody(world, person, email):
    answers = [person.ask(email) for _ in range(6)]

    assert [answer["statusCode"] for answer in answers] == [202] * 5 + [429]
    assert json.loads(answers[-1]["body"])["code"] == "too_many_requests"
    assert int(answers[-1]["headers"]["Retry-After"]) <= 600
    world.clock.advance(minutes=10)
    assert person.ask(email)["statusCode"] == 202


def test_a_stranger_who_asks_for_ones_links_locks_one_out_nowhere_else(world, person):
    stranger = Person(world, network="198.51.100.7")
    assert [stranger.ask()["statusCode"] for _ in range(6)] == [202] * 5 + [429]

    assert person.ask()["statusCode"] == 202


@pytest.mark.parametrize("email", [OWNER, STRANGER])
def test_an_address_gets_thirty_mails_a_day_at_most_from_anywhere(world, person, email):
    def ask(count: int) -> int:
        person.network = f"203.0.{count}.7"
        return person.ask(email)["statusCode"]

    assert [ask(count) for count in range(31)] == [202] * 30 + [429]
    assert len(world.rows("mail")) == 30
    world.clock.advance(hours=14)
    assert ask(32) == 202


def test_what_was_refused_here_counts_for_no_mail_elsewhere(world, person):
    for _ in range(40):
        person.ask()
    person.network = "198.51.100.7"

    assert person.ask()["statusCode"] == 202


def test_one_network_may_ask_for_twenty_links_in_ten_minutes(person):
    statuses = [person.ask(f"p{count}@example.com")["statusCode"] for count in range(21)]

    assert statuses == [202] * 20 + [429]
    person.network = "203.0.114.7"
    assert person.ask()["statusCode"] == 202


def test_no_row_holds_the_address_that_asked(world, person):
    person.ask(STRANGER)

    assert STRANGER not in json.dumps(world.rows())
    assert {row["type"]["S"] for row in world.rows()} >= {"rate", "sign_in_link", "mail"}


# One use, one browser, ten minutes


def refusals(world: World, person: Person) -> dict[str, tuple[int, dict]]:
    """What each kind of bad link is answered."""
    used, expired, elsewhere = person.link(), person.link(), person.link()
    person.follow(used)
    found = {
        "used": person.follow(used),
        "other browser": person.follow(elsewhere, verifier=OTHER_BROWSER),
        "made up": person.follow("x" * 43),
        "no token": person.follow("é{}#"),
        "foreign account": person.follow(elsewhere, account="a_none"),
    }
    world.clock.advance(minutes=10)
    return found | {"expired": person.follow(expired)}


def test_used_expired_and_foreign_links_are_answered_alike(world, person):
    found = refusals(world, person)

    assert {json.dumps(answer) for answer in found.values()} == {json.dumps(found["used"])}
    assert (found["used"][0], found["used"][1]["code"]) == (INVALID, "link_invalid")
    assert sessions(world) == 1


@pytest.mark.parametrize(("seconds", "status"), [(599, 201), (600, INVALID), (601, INVALID)])
def test_a_link_works_for_ten_minutes(world, person, seconds, status):
    token = person.link()
    world.clock.advance(seconds=seconds)

    assert person.follow(token)[0] == status


def test_another_browser_does_not_use_the_link_up(person):
    token = person.link()
    person.follow(token, verifier=OTHER_BROWSER)

    assert person.follow(token)[0] == 201


@pytest.mark.parametrize(("table", "made"), [(Late, 1), (Careless, 2)])
def test_of_two_that_follow_a_link_at_once_one_is_signed_in_and_a_twin_makes_two(
    world, person, table, made
):
    token = person.link()
    other = Person(world)

    Person(world, table(world, lambda: other.follow(token))).follow(token)

    assert sessions(world) == made


def test_who_is_removed_while_they_sign_in_gets_no_session(world, person):
    gone = join(world, STRANGER)
    token = person.link(STRANGER)
    accounts = AccountStore(world.table)

    def remove() -> None:
        accounts.remove_member("a_demo", gone.id)

    status, _ = Person(world, Late(world, remove)).follow(token)

    assert (status, sessions(world)) == (INVALID, 0)


def test_a_link_of_somebody_who_was_removed_leads_nowhere(world, person):
    gone = join(world, STRANGER)
    token = person.link(STRANGER)
    AccountStore(world.table).remove_member("a_demo", gone.id)

    assert person.follow(token)[0] == INVALID


# The audit log


def test_a_sign_in_is_entered_in_the_audit_log_without_a_value(world, person):
    token = person.sign_in()

    (entry,) = AuditStore(world.table).newest("a_demo", before=None, limit=9)
    assert (entry.actor, entry.action, entry.outcome) == ("member:m_owner", "sign_in", "allowed")
    assert entry.target == authorize(world, token)["context"]["session"]
    assert OWNER not in json.dumps(world.rows("audit_entry"))


def test_without_an_entry_nobody_is_signed_in(world, person, capsys):
    class NoAudit(Table):
        def find(self, model, pk, sk):
            if pk.startswith("AUDIT#"):
                raise RuntimeError(OWNER)
            return super().find(model, pk, sk)

    answer = Person(world, NoAudit(clock=world.clock)).call(
        "session", body={"token": person.link(), "verifier": VERIFIER}
    )

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (503, "unavailable")
    assert "lls_" not in json.dumps(answer)
    assert '"audit_failed"' in capsys.readouterr().out


# Bad input

LONG = "x" * 300
BAD_BODIES = [
    {},
    {"email": "no address", "language": "nl", "challenge": CHALLENGE},
    {"email": f"Owner <{OWNER}>", "language": "nl", "challenge": CHALLENGE},
    {"email": OWNER, "language": "fr", "challenge": CHALLENGE},
    {"email": OWNER, "language": "nl", "challenge": "short"},
    {"email": OWNER, "language": "nl", "challenge": CHALLENGE + "="},
    {"email": OWNER, "language": "nl", "challenge": CHALLENGE, "role": "owner"},
    {"email": [OWNER], "language": "nl", "challenge": CHALLENGE},
    {"token": "", "verifier": VERIFIER},
    {"token": LONG, "verifier": VERIFIER},
    {"token": "x", "verifier": "short"},
    {"token": "x", "verifier": VERIFIER * 3},
    {"token": "x", "verifier": VERIFIER, "account": "a#b"},
    {"token": 1, "verifier": VERIFIER},
    {"token": "x", "verifier": VERIFIER, "account": {"id": "a_demo"}},
    [],
    None,
]


@pytest.mark.parametrize("case", ["sign_in", "sign_up", "session"])
@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: json.dumps(body)[:40])
def test_bad_input_is_a_problem_and_never_a_500(world, person, case, body):
    before = world.rows()

    answer = person.call(case, body=body)

    assert answer["statusCode"] == 422
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert world.rows() == before


@pytest.mark.parametrize("body", ["", "{", '"\\ud800"', "[" * 9000, "1" * 5000, "\x00", "NaN"])
def test_no_json_is_a_400_or_422(person, body):
    assert person.call("sign_in", body=body)["statusCode"] in (400, 422)


@pytest.mark.parametrize(
    ("name", "status"), [("no_challenge", 422), ("not_json", 400), ("unknown_address", 202)]
)
def test_the_event_files_are_answered(person, name, status):
    assert person.call(name)["statusCode"] == status


def test_pages_of_other_origins_may_not_read_an_answer(person):
    answer = person.call("sign_in", headers={"origin": "https://evil.example"})

    assert not [name for name in answer["headers"] if name.lower().startswith("access-control")]
    assert answer["headers"]["Cache-Control"] == "no-store"


def test_a_link_asked_for_before_a_clock_turned_midnight_works_after(world, person):
    world.clock.now = world.clock.now.replace(hour=23, minute=55)
    token = person.link()
    world.clock.now += timedelta(minutes=6)

    assert person.follow(token)[0] == 201


def test_the_limits_are_those_that_were_promised():
    assert (handler.LINKS_PER_ADDRESS, Settings.links_per_network) == (5, 20)
    assert handler.LINKS_PER_DAY == 30
