"""The outbox is sent once to each person, by stream or by schedule, whatever fails on the way."""

import json
from dataclasses import dataclass, field, replace

import pytest

from functions.mailer import handler
from leadlayer.accounts.model import Account, Member, Role
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import epoch
from leadlayer.core.table import Table
from leadlayer.mail.store import MailItem, new_lead_mail
from tests.world import SITE, Context, World, load_event

FIRST = "01KASB3H00M4X7C2V9B5N8Q1W3"
SECOND = "01KASB3H00M4X7C2V9B5N8Q1W4"
CANARY = "canary7f3a9"
OWNER = "owner@shop.example"


class ProviderDown(Exception):
    pass


@dataclass
class FakeProvider:
    """Sends, except to addresses that are down; the text of its error quotes the address."""

    down: set[str] = field(default_factory=set)
    sent: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, **letter: str) -> None:
        if letter["to"] in self.down:
            raise ProviderDown(letter["to"] + CANARY)
        self.sent.append(letter)

    @property
    def addresses(self) -> list[str]:
        return [letter["to"] for letter in self.sent]


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


def queue(world: World, mail_id: str, *, site_id: str = "s_demo", account_id: str = "a_demo"):
    put = new_lead_mail(
        account_id=account_id, site_id=site_id, lead_id=mail_id, now=world.clock.now
    )
    world.table.write(put)


def handle(world: World, provider, event: dict, *, table: Table | None = None) -> dict:
    settings = replace(world.settings, console_url="https://api.example/console")
    deps = handler.Deps(settings, table or world.table, provider, lambda: world.keyring)
    return handler.build(deps)(event, Context())


def stream(*mail_ids: str) -> dict:
    """A batch of the stream; the sequence number of the n-th record is n."""
    (record,) = load_event("mailer.stream")["Records"]
    records = []
    for number, mail_id in enumerate(mail_ids):
        change = record["dynamodb"] | {
            "Keys": {"pk": {"S": f"OUTBOX#{mail_id}"}, "sk": {"S": "MAIL"}},
            "SequenceNumber": str(number),
        }
        records.append(record | {"dynamodb": change})
    return {"Records": records}


def failed(*numbers: int) -> dict:
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}


def pending(world: World) -> list[str]:
    return sorted(row["gsi1sk"]["S"] for row in world.rows("mail") if "gsi1pk" in row)


def member(world: World, name: str, role: Role, language: str = "en") -> None:
    person = Member(f"m_{name}", "a_demo", f"{name}@shop.example", role, language)
    AccountStore(world.table).save_member(person)


# The stream


def test_a_new_row_is_sent_and_no_longer_pending(world, provider):
    queue(world, FIRST)
    assert handle(world, provider, load_event("mailer.stream")) == failed()
    assert provider.sent == [
        {
            "to": OWNER,
            "subject": "Nieuwe lead op Fietsenwinkel Demo",
            "text": provider.sent[0]["text"],
            "idempotency_key": f"{FIRST}/m_owner",
        }
    ]
    assert f"https://api.example/console/#/sites/s_demo/leads/{FIRST}" in provider.sent[0]["text"]
    assert pending(world) == []


def test_those_who_may_answer_a_lead_are_told_and_nobody_else(world, provider):
    roles: tuple[Role, ...] = ("admin", "agent", "viewer", "privacy_officer")
    for role in roles:
        member(world, role, role, "de")
    queue(world, FIRST)
    handle(world, provider, stream(FIRST))
    assert sorted(provider.addresses) == ["admin@shop.example", "agent@shop.example", OWNER]


def test_the_same_record_delivered_again_sends_nothing(world, provider):
    queue(world, FIRST)
    for _ in range(3):
        assert handle(world, provider, stream(FIRST)) == failed()
    assert provider.addresses == [OWNER]


def test_the_check_would_see_a_row_that_is_not_marked(world, provider):
    class Forgetful(Table):
        def write(self, write) -> None:
            pass

    queue(world, FIRST)
    for _ in range(2):
        handle(world, provider, stream(FIRST), table=Forgetful(clock=world.clock))
    assert provider.addresses == [OWNER, OWNER]


def test_a_failed_record_is_reported_by_its_number_and_stays_pending(world, provider):
    provider.down.add(OWNER)
    queue(world, FIRST)
    event = load_event("mailer.stream")
    number = event["Records"][0]["dynamodb"]["SequenceNumber"]
    answer = handle(world, provider, event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}
    assert pending(world) == [FIRST]


def test_a_failed_record_does_not_stop_the_others_of_its_batch(world, provider):
    world.save_site(replace(SITE, id="s_two", account_id="a_two"))
    accounts = AccountStore(world.table)
    accounts.save(Account("a_two", "Two"))
    accounts.save_member(Member("m_two", "a_two", "two@two.example", "owner"))
    provider.down.add(OWNER)
    queue(world, FIRST)
    queue(world, SECOND, site_id="s_two", account_id="a_two")
    assert handle(world, provider, stream(FIRST, SECOND)) == failed(0)
    assert provider.addresses == ["two@two.example"]
    assert pending(world) == [FIRST]


def test_after_the_provider_is_back_only_those_who_missed_it_get_it(world, provider):
    member(world, "agent", "agent")
    queue(world, FIRST)
    provider.down.add(OWNER)
    assert handle(world, provider, stream(FIRST)) == failed(0)
    provider.down.clear()
    assert handle(world, provider, stream(FIRST)) == failed()
    assert provider.addresses == ["agent@shop.example", OWNER]


def test_a_record_without_keys_is_reported_and_breaks_nothing_else(world, provider):
    queue(world, SECOND)
    event = stream(FIRST, SECOND)
    event["Records"][0]["dynamodb"]["Keys"] = {}
    assert handle(world, provider, event) == failed(0)
    assert provider.addresses == [OWNER]


@pytest.mark.parametrize("mail_id", [FIRST, "", "#", "x" * 500])
def test_a_record_whose_row_is_gone_is_done(world, provider, mail_id):
    before = world.rows()
    assert handle(world, provider, stream(mail_id)) == failed()
    assert (provider.sent, world.rows()) == ([], before)


# The schedule


def test_the_schedule_sends_what_is_still_pending(world, provider):
    queue(world, FIRST)
    queue(world, SECOND)
    assert handle(world, provider, load_event("mailer.schedule")) == {"failed": 0}
    assert provider.addresses == [OWNER, OWNER]
    assert {letter["idempotency_key"] for letter in provider.sent} == {
        f"{FIRST}/m_owner",
        f"{SECOND}/m_owner",
    }
    assert pending(world) == []


def test_with_nothing_pending_the_schedule_does_nothing(world, provider):
    queue(world, FIRST)
    handle(world, provider, stream(FIRST))
    before = world.rows()
    assert handle(world, provider, load_event("mailer.schedule")) == {"failed": 0}
    assert len(provider.sent) == 1
    assert world.rows() == before


def test_one_failure_of_the_schedule_does_not_stop_the_rest(world, provider):
    provider.down.add(OWNER)
    queue(world, FIRST)
    queue(world, SECOND)
    assert handle(world, provider, load_event("mailer.schedule")) == {"failed": 2}
    assert pending(world) == [FIRST, SECOND]


@pytest.mark.parametrize(("offset", "letters"), [(-1, 1), (0, 0), (1, 0)])
def test_a_mail_that_waited_its_seven_days_is_never_sent(world, provider, offset, letters):
    queue(world, FIRST)
    (row,) = world.rows("mail")
    assert int(row["expires_at"]["N"]) == epoch(world.clock.now) + 7 * 86_400
    world.clock.advance(days=7, seconds=offset)
    handle(world, provider, stream(FIRST))
    handle(world, provider, load_event("mailer.schedule"))
    assert len(provider.sent) == letters


# Who is gone


def test_a_terminated_account_is_written_to_no_more(world, provider):
    AccountStore(world.table).save(Account("a_demo", "Demo", state="terminated"))
    queue(world, FIRST)
    assert handle(world, provider, stream(FIRST)) == failed()
    assert (provider.sent, pending(world)) == ([], [])


def test_a_row_erased_while_it_is_sent_does_not_come_back(world):
    class Erasing(FakeProvider):
        def __call__(self, **letter: str) -> None:
            super().__call__(**letter)
            key = {"pk": {"S": f"OUTBOX#{FIRST}"}, "sk": {"S": "MAIL"}}
            world.client.delete_item(TableName="leadlayer-test", Key=key)

    queue(world, FIRST)
    assert handle(world, Erasing(), stream(FIRST)) == failed()
    assert world.rows("mail") == []


# What is kept and said


def test_neither_row_nor_log_nor_letter_quotes_an_address_or_an_error(
    world, provider, capfd, caplog
):
    provider.down.add(OWNER)
    member(world, "agent", "agent")
    queue(world, FIRST)
    handle(world, provider, stream(FIRST))
    handle(world, provider, load_event("mailer.schedule"))
    said = "".join(capfd.readouterr()) + caplog.text
    for unwanted in (CANARY, OWNER, "agent@shop.example"):
        assert unwanted not in said + json.dumps(world.rows("mail"))
    lines = [json.loads(line) for line in said.splitlines()]
    assert {(line["event"], line["error_type"], line["mail"]) for line in lines} == {
        ("mail_failed", "ProviderDown", FIRST)
    }


def test_a_letter_of_a_real_lead_holds_nothing_of_it(world, provider):
    world.table.write(new_lead_mail(account_id="a_demo", site_id="s_demo", lead_id=FIRST,
                                    now=world.clock.now))  # fmt: skip
    handle(world, provider, stream(FIRST))
    allowed = {"kind", "account_id", "site_id", "lead_id", "member_id", "sent_to", "type",
               "expires_at", "pk", "sk", "gsi1", "gsi1pk", "gsi1sk", "gsi2pk",
               "gsi2sk"}  # fmt: skip
    assert set(MailItem.get_attributes()) | {"gsi1"} == allowed
    (letter,) = provider.sent
    assert letter.keys() == {"to", "subject", "text", "idempotency_key"}
