"""One mail to each person whatever breaks, and nothing of the lead in any of them."""

from dataclasses import dataclass, field, replace

import pytest

from leadlayer.mail.model import Addressed, Letter, Mail, Recipient
from leadlayer.mail.service import deliver

OWNER = Recipient("m_owner", "owner@shop.example", "nl")
AGENT = Recipient("m_agent", "agent@shop.example", "de")
ADMIN = Recipient("m_admin", "admin@shop.example", "en")
MAIL = Mail("01L", "new_lead", "a_1", "s_1", "01L")


class ProviderDown(Exception):
    pass


class Crash(BaseException):
    """The function is killed: nothing after it runs."""


@dataclass
class FakeOutbox:
    mails: dict[str, Mail] = field(default_factory=lambda: {MAIL.id: MAIL})

    def find(self, mail_id: str) -> Mail | None:
        return self.mails.get(mail_id)

    def mark_sent_to(self, mail: Mail, recipient_id: str) -> None:
        now = self.mails[mail.id]
        self.mails[mail.id] = replace(now, sent_to=now.sent_to | {recipient_id})

    def mark_sent(self, mail: Mail) -> None:
        self.mails[mail.id] = replace(self.mails[mail.id], is_sent=True)


class ForgetfulOutbox(FakeOutbox):
    """The planted fault: it does not write down who got the mail."""

    def mark_sent_to(self, mail: Mail, recipient_id: str) -> None:
        pass


@dataclass
class FakeProvider:
    """Sends, unless an address is down or the function is to be killed after so many letters."""

    down: set[str] = field(default_factory=set)
    killed_after: int = 99
    sent: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, *, to: str, subject: str, text: str, idempotency_key: str) -> None:
        if to in self.down:
            raise ProviderDown
        if len(self.sent) == self.killed_after:
            raise Crash
        self.sent.append({"to": to, "subject": subject, "text": text, "key": idempotency_key})

    @property
    def addresses(self) -> list[str]:
        return [letter["to"] for letter in self.sent]


def run(
    outbox: FakeOutbox,
    provider: FakeProvider,
    *,
    people: tuple[Recipient, ...] = (OWNER, AGENT, ADMIN),
) -> bool:
    def letters(mail: Mail) -> list[Addressed]:
        return [Addressed(to, Letter(f"{mail.kind} in {to.language}", "text")) for to in people]

    return deliver(MAIL.id, outbox=outbox, letters=letters, send=provider)


def letters_after_a_crash(outbox: FakeOutbox) -> list[str]:
    provider = FakeProvider(killed_after=2)
    with pytest.raises(Crash):
        run(outbox, provider)
    provider.killed_after = 99
    run(outbox, provider)
    return provider.addresses


def test_everybody_gets_one_letter_of_their_own():
    provider = FakeProvider()
    assert run(FakeOutbox(), provider) is True
    assert [(sent["to"], sent["subject"]) for sent in provider.sent] == [
        (OWNER.email, "new_lead in nl"),
        (AGENT.email, "new_lead in de"),
        (ADMIN.email, "new_lead in en"),
    ]


def test_a_mail_that_was_sent_is_not_sent_again():
    outbox, provider = FakeOutbox(), FakeProvider()
    run(outbox, provider)
    assert run(outbox, provider) is False
    assert len(provider.sent) == 3


def test_a_mail_that_is_gone_is_nothing_to_do():
    provider = FakeProvider()
    assert run(FakeOutbox({}), provider) is False
    assert provider.sent == []


def test_after_a_crash_in_the_middle_it_goes_on_where_it_stopped():
    assert letters_after_a_crash(FakeOutbox()) == [OWNER.email, AGENT.email, ADMIN.email]


def test_the_check_would_see_somebody_who_gets_two():
    assert letters_after_a_crash(ForgetfulOutbox()).count(OWNER.email) == 2


def test_a_crash_between_sending_and_marking_repeats_the_providers_key():
    outbox, provider = ForgetfulOutbox(), FakeProvider(killed_after=1)
    with pytest.raises(Crash):
        run(outbox, provider)
    provider.killed_after = 99
    run(outbox, provider)
    keys = [sent["key"] for sent in provider.sent if sent["to"] == OWNER.email]
    assert keys == ["01L/m_owner", "01L/m_owner"]


def test_each_letter_has_a_key_of_its_own():
    provider = FakeProvider()
    run(FakeOutbox(), provider)
    assert len({sent["key"] for sent in provider.sent}) == 3


def test_when_the_provider_fails_the_mail_stays_pending():
    outbox = FakeOutbox()
    with pytest.raises(ProviderDown):
        run(outbox, FakeProvider(down={OWNER.email, AGENT.email, ADMIN.email}))
    assert not outbox.mails[MAIL.id].is_sent


def test_one_address_that_fails_keeps_the_mail_from_nobody_else():
    outbox, provider = FakeOutbox(), FakeProvider(down={OWNER.email})
    for _ in range(2):
        with pytest.raises(ProviderDown):
            run(outbox, provider)
    assert provider.addresses == [AGENT.email, ADMIN.email]
    provider.down.clear()
    assert run(outbox, provider) is True
    assert provider.addresses[2:] == [OWNER.email]


@pytest.mark.parametrize("kind", ["new_lead", "invitation", "export_ready", "account_terminated"])
def test_with_nobody_to_tell_the_mail_is_done_and_not_sent(kind, capsys):
    outbox, provider = FakeOutbox({MAIL.id: replace(MAIL, kind=kind)}), FakeProvider()
    assert run(outbox, provider, people=()) is False
    assert '"mail_without_recipient"' in capsys.readouterr().out
    assert provider.sent == []
    assert outbox.mails[MAIL.id].is_sent


def test_a_stranger_who_asked_for_a_link_leaves_no_line_in_the_log(capsys):
    outbox, provider = FakeOutbox({MAIL.id: replace(MAIL, kind="sign_in")}), FakeProvider()
    assert run(outbox, provider, people=()) is False
    assert capsys.readouterr().out == ""
    assert (provider.sent, outbox.mails[MAIL.id].is_sent) == ([], True)
