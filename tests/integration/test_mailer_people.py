"""Mails of links, invitations, exports and an account's end: to whom they belong, or to nobody."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from functions.mailer import handler
from leadlayer.accounts.model import Account, Role
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import epoch
from leadlayer.core.table import ConditionFailed
from leadlayer.mail.model import MailKind
from leadlayer.mail.store import mail_row
from tests.integration.sign_in_calls import (
    CONSOLE,
    OWNER,
    SECRET_LINK,
    STRANGER,
    Person,
    end_account,
    join,
)
from tests.world import Context, World, load_event

MAIL = "01KASB3H00M4X7C2V9B5N8Q1W9"


class ProviderDown(Exception):
    pass


@dataclass
class FakeProvider:
    down: bool = False
    sent: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, **letter: str) -> None:
        if self.down:
            raise ProviderDown
        self.sent.append(letter)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


def run(world: World, provider: FakeProvider, event: str = "mailer.schedule") -> list[str]:
    """Who got a letter, of all so far."""
    settings = replace(world.settings, console_url=CONSOLE)
    deps = handler.Deps(settings, world.table, provider, lambda: world.keyring)
    handler.build(deps)(load_event(event), Context())
    return sorted(letter["to"] for letter in provider.sent)


def queue(world: World, kind: MailKind, **about: Any) -> None:
    row = mail_row(kind, id=MAIL, account_id="a_demo", now=world.clock.now, **about)
    world.table.write(row)


def pending(world: World) -> int:
    return len([row for row in world.rows("mail") if "gsi1pk" in row])


# Links


def test_a_sign_in_mail_holds_a_link_that_stands_nowhere_in_the_table_or_the_log(
    world, provider, capsys
):
    join(world, OWNER, "owner")
    Person(world).ask()

    assert run(world, provider) == [OWNER]

    (letter,) = provider.sent
    (token,) = SECRET_LINK.findall(letter["text"])
    assert f"{CONSOLE}/#/sign-in/{token}" in letter["text"].splitlines()
    assert token not in json.dumps(world.rows()) + capsys.readouterr().out
    assert letter["idempotency_key"].endswith("/link")


def test_a_link_mail_tried_again_carries_the_same_token_and_key(world, provider):
    join(world, OWNER, "owner")
    Person(world).ask()
    provider.down = True
    run(world, provider)
    assert pending(world) == 1
    world.clock.advance(minutes=9)
    provider.down = False

    run(world, provider)

    first = provider.sent[-1]
    (mail,) = world.rows("mail")
    mail_id = mail["pk"]["S"].removeprefix("OUTBOX#")
    assert SECRET_LINK.findall(first["text"]) == [world.keyring.link_token(mail_id)]
    assert first["idempotency_key"] == f"{mail_id}/link"


@pytest.mark.parametrize(("seconds", "letters"), [(599, [OWNER]), (600, []), (700, [])])
def test_a_link_that_has_expired_is_not_sent(world, provider, seconds, letters):
    join(world, OWNER, "owner")
    Person(world).ask()
    world.clock.advance(seconds=seconds)

    assert run(world, provider) == letters


def test_a_link_that_was_used_is_not_sent_again(world, provider):
    join(world, OWNER, "owner")
    person = Person(world)
    person.follow(person.link())
    (mail,) = world.rows("mail")
    # Pending again, as if it had never been marked.
    unmarked = mail | {"gsi1pk": {"S": "OUTBOX"}, "gsi1sk": {"S": "x"}}
    unmarked.pop("sent_to")
    world.client.put_item(TableName="leadlayer-test", Item=unmarked)

    assert (run(world, provider), pending(world)) == ([], 0)


def test_a_person_of_two_accounts_gets_one_letter(world, provider):
    join(world, OWNER, "owner")
    join(world, OWNER, "viewer", id="m_two", account_id="a_two")
    Person(world).ask()

    assert run(world, provider) == [OWNER]


def test_a_sign_up_mail_goes_to_the_address_that_asked_without_a_word_of_theirs(world, provider):
    Person(world).ask(STRANGER, account_name="Cheap pills at evil.example")

    assert run(world, provider) == [STRANGER]
    assert "pills" not in json.dumps(provider.sent)


def test_the_event_of_a_row_that_is_gone_sends_nothing(world, provider):
    assert run(world, provider, "mailer.sign_in") == []


# Invitations


def test_an_invitation_says_to_what_and_where_and_not_by_whom(world, provider):
    join(world, OWNER, "owner", name="Olga Owner")
    member = join(world, STRANGER, state="invited", language="de")
    queue(world, "invitation", member_id=member.id)

    assert run(world, provider) == [STRANGER]

    (letter,) = provider.sent
    assert letter["subject"] == "Einladung zu Demo B.V. bei LeadLayer"
    assert f"{CONSOLE}/" in letter["text"].splitlines()
    assert not any(part in json.dumps(letter) for part in ("Olga", OWNER))


def _came(world: World) -> None:
    join(world, STRANGER)


def _removed(world: World) -> None:
    AccountStore(world.table).remove_member("a_demo", "m_noor")


@pytest.mark.parametrize("change", [_came, _removed, end_account])
def test_an_invitation_that_no_longer_holds_is_not_sent(world, provider, change, capsys):
    member = join(world, STRANGER, state="invited")
    queue(world, "invitation", member_id=member.id)
    change(world)

    assert (run(world, provider), pending(world)) == ([], 0)
    assert '"mail_without_recipient"' in capsys.readouterr().out


def test_who_was_invited_and_never_came_is_told_of_no_lead(world, provider):
    join(world, STRANGER, state="invited")
    queue(world, "new_lead", site_id="s_demo", lead_id=MAIL)

    assert run(world, provider) == [OWNER]


# Exports and the end of an account


def test_an_export_is_announced_to_who_asked_for_it_alone(world, provider):
    member = join(world, STRANGER, "admin")
    queue(world, "export_ready", member_id=member.id)

    assert run(world, provider) == [STRANGER]
    (letter,) = provider.sent
    assert f"{CONSOLE}/#/exports" in letter["text"].splitlines()


def test_an_export_of_somebody_who_left_is_announced_to_nobody(world, provider):
    join(world, STRANGER, "admin")
    queue(world, "export_ready", member_id="m_noor")
    _removed(world)

    assert (run(world, provider), pending(world)) == ([], 0)


def test_the_end_of_an_account_is_told_to_owners_and_privacy_officers_with_its_last_day(
    world, provider
):
    roles: tuple[Role, ...] = ("owner", "admin", "agent", "viewer", "privacy_officer")
    for role in roles:
        join(world, f"{role}@shop.example", role)
    join(world, "late@shop.example", "owner", state="invited")
    end_account(world)
    queue(world, "account_terminated")

    assert run(world, provider) == [OWNER, "privacy_officer@shop.example"]
    # 90 days after 23 November 2026.
    assert all("2027-02-21" in letter["text"] for letter in provider.sent)


@pytest.mark.parametrize("account", [Account("a_demo", "Demo"), None])
def test_an_account_that_came_back_or_is_gone_is_not_told_of_its_end(world, provider, account):
    queue(world, "account_terminated")
    if account is None:
        key = {"pk": {"S": "ACCOUNT#a_demo"}, "sk": {"S": "PROFILE"}}
        world.client.delete_item(TableName="leadlayer-test", Key=key)

    assert (run(world, provider), pending(world)) == ([], 0)


# The row


def test_the_same_mail_cannot_be_queued_twice(world):
    queue(world, "export_ready", member_id="m_owner")

    with pytest.raises(ConditionFailed):
        queue(world, "export_ready", member_id="m_owner")


def test_a_mail_is_kept_seven_days_unless_its_news_is_stale_sooner(world):
    now = epoch(world.clock.now)
    usual = mail_row("export_ready", id="1", account_id="a", now=world.clock.now)
    stale = mail_row("sign_in", id="2", now=world.clock.now, expires_at=now + 600)

    assert (usual.item.expires_at, stale.item.expires_at) == (now + 7 * 86_400, now + 600)
