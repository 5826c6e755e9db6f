"""What a customer may decide about webhooks, without a table: limits, refusals, secrets."""

from dataclasses import replace

import pytest

from leadlayer.core.errors import Problem
from leadlayer.webhooks import service
from leadlayer.webhooks.model import Delivery, Webhook, delivery_of
from tests.clocks import FixedClock


class Kept:
    """Webhooks in memory; `gone` makes changes find nothing."""

    def __init__(self, *webhooks: Webhook, gone: bool = False) -> None:
        self.all = {webhook.id: webhook for webhook in webhooks}
        self.gone = gone

    def find(self, account_id: str, webhook_id: str) -> Webhook | None:
        found = self.all.get(webhook_id)
        return found if found and found.account_id == account_id else None

    def of_account(self, account_id: str) -> list[Webhook]:
        return [webhook for webhook in self.all.values() if webhook.account_id == account_id]

    def add(self, webhook: Webhook) -> None:
        self.all[webhook.id] = webhook

    def change(self, before: Webhook, after: Webhook) -> bool:
        self.all[after.id] = after
        return not self.gone

    def change_secrets(self, webhook: Webhook) -> bool:
        return self.change(webhook, webhook)

    def shut(self, webhook: Webhook) -> bool:
        return self.change(webhook, replace(webhook, state="disabled", secret=None))


HOOK = Webhook("w1", "a_1", "https://hooks.example.com/", ("lead.created",), "2026", "sealed")


def refuse(_: str) -> None:
    raise service.url_refused()


def accept(_: str) -> None:
    pass


def seal(text: str, account_id: str) -> str:
    return f"sealed for {account_id}: {len(text)}"


def code_of(call, *args, **options) -> str:
    with pytest.raises(Problem) as refused:
        call(*args, **options)
    return refused.value.code


def create(kept: Kept, check_url=accept):
    return service.create(
        "a_1", HOOK.url, ["lead.created", "lead.created"], webhooks=kept, seal=seal,
        check_url=check_url, clock=FixedClock(), new_id=lambda: f"w{len(kept.all) + 1}",
    )  # fmt: skip


def test_what_is_kept_of_a_new_webhook_is_its_sealed_secret_and_each_event_once():
    kept = Kept()
    webhook, secret = create(kept)

    assert kept.all == {"w1": webhook}
    assert webhook.secret == seal(secret, "a_1")
    assert webhook.events == ("lead.created",)


def test_others_webhooks_do_not_count_for_the_limit():
    others = [replace(HOOK, id=f"o{n}", account_id="a_2") for n in range(20)]
    kept = Kept(*others)
    for _ in range(service.MOST_WEBHOOKS):
        create(kept)

    assert code_of(create, kept) == "limit_reached"


def test_a_refused_url_makes_and_changes_nothing():
    kept = Kept(HOOK)
    options = {"events": None, "enabled": None, "webhooks": kept, "check_url": refuse}

    assert code_of(create, kept, refuse) == "webhook_url_refused"
    assert code_of(service.change, HOOK, url="https://x.example/", **options) == (
        "webhook_url_refused"
    )
    assert kept.all == {"w1": HOOK}


def test_a_change_of_something_else_does_not_ask_the_resolver_again():
    changed = service.change(
        HOOK, url=None, events=None, enabled=False, webhooks=Kept(HOOK), check_url=refuse
    )
    assert changed == replace(HOOK, state="disabled")


def test_switching_on_forgets_past_failures():
    failing = replace(HOOK, state="failing", failing_since="2026-11-20T10:00:00Z")
    changed = service.change(
        failing, url=None, events=None, enabled=True, webhooks=Kept(failing), check_url=refuse
    )
    assert changed == HOOK


def test_what_is_deleted_meanwhile_is_not_there():
    kept, clock = Kept(HOOK, gone=True), FixedClock()
    options = {"url": None, "events": None, "enabled": False, "check_url": refuse}

    assert code_of(service.change, HOOK, webhooks=kept, **options) == "not_found"
    assert code_of(service.rotate, HOOK, webhooks=kept, seal=seal, clock=clock) == "not_found"


def test_a_second_rotation_keeps_the_last_secret_and_drops_the_one_before():
    kept, clock = Kept(HOOK), FixedClock()
    service.rotate(HOOK, webhooks=kept, seal=lambda *_: "second", clock=clock)
    service.rotate(kept.all["w1"], webhooks=kept, seal=lambda *_: "third", clock=clock)

    assert (kept.all["w1"].secret, kept.all["w1"].previous_secret) == ("third", "second")


def test_the_first_secret_after_a_termination_has_none_before_it():
    without = replace(HOOK, secret=None)
    kept = Kept(without)
    service.rotate(without, webhooks=kept, seal=seal, clock=FixedClock())

    assert kept.all["w1"].secret is not None
    assert (kept.all["w1"].previous_secret, kept.all["w1"].previous_until) == (None, 0)


def test_all_of_an_account_are_shut_and_no_others():
    other = replace(HOOK, id="w9", account_id="a_2")
    kept = Kept(HOOK, replace(HOOK, id="w2"), other)
    service.disable_all("a_1", webhooks=kept)

    assert [kept.all[each].secret for each in ("w1", "w2", "w9")] == [None, None, "sealed"]


@pytest.mark.parametrize("kind", ["lead.created", "conversation.started", "test"])
def test_a_deliverys_id_says_where_it_stands(kind):
    delivery = Delivery("01ABC", "w1", kind, "a_1", "s_1", "2026")

    assert delivery_of(delivery.id) == ("01ABC", kind)
    assert "." not in delivery.id


@pytest.mark.parametrize("text", ["", "x", "mail_01ABC", "LEAD_01ABC"])
def test_other_texts_are_no_deliverys_id(text):
    assert delivery_of(text) is None
