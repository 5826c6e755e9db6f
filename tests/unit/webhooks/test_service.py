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
        self.meanwhile = lambda: None

    def find(self, account_id: str, webhook_id: str) -> Webhook | None:
        found = self.all.get(webhook_id)
        return found if found and found.account_id == account_id else None

    def of_account(self, account_id: str) -> list[Webhook]:
        return [webhook for webhook in self.all.values() if webhook.account_id == account_id]

    def add(self, webhook: Webhook, *, follows=()) -> None:
        self.all[webhook.id] = webhook

    def change(self, before: Webhook, after: Webhook) -> bool:
        self.all[after.id] = after
        return not self.gone

    def change_secrets(self, before: Webhook, after: Webhook, *, follows=()) -> bool:
        self.meanwhile()
        is_same = self.all[before.id].secret == before.secret
        return is_same and self.change(before, after)

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
    kept = Kept(HOOK, gone=True)
    options = {"url": None, "events": None, "enabled": False, "check_url": refuse}

    assert code_of(service.change, HOOK, webhooks=kept, **options) == "not_found"
    assert code_of(rotate, Kept(), "second") == "not_found"


def rotate(kept: Kept, sealed: str, *, clock: FixedClock | None = None) -> str:
    return service.rotate(
        "a_1", "w1", webhooks=kept, seal=lambda *_: sealed, clock=clock or FixedClock()
    )


def previous(kept: Kept) -> list[str]:
    return [each.secret for each in kept.all["w1"].previous]


def test_each_secret_signs_for_its_whole_day_however_many_come_after_it():
    kept, clock = Kept(HOOK), FixedClock()
    for sealed in ("second", "third", "fourth"):
        rotate(kept, sealed, clock=clock)
        clock.advance(hours=7)

    assert (kept.all["w1"].secret, previous(kept)) == ("fourth", ["sealed", "second", "third"])
    assert code_of(rotate, kept, "fifth", clock=clock) == "limit_reached"
    assert kept.all["w1"].secret == "fourth"
    clock.advance(hours=3)
    rotate(kept, "fifth", clock=clock)
    assert (kept.all["w1"].secret, previous(kept)) == ("fifth", ["second", "third", "fourth"])


def test_a_rotation_that_another_one_overtook_is_decided_again():
    kept = Kept(HOOK)

    def overtake() -> None:
        kept.meanwhile = lambda: None
        rotate(kept, "theirs")

    kept.meanwhile = overtake
    rotate(kept, "ours")
    assert (kept.all["w1"].secret, previous(kept)) == ("ours", ["sealed", "theirs"])


def test_a_rotation_that_is_overtaken_each_time_is_left_to_the_caller():
    kept = Kept(HOOK)
    counted = iter(range(100))

    def overtake() -> None:
        kept.all["w1"] = replace(HOOK, secret=f"theirs {next(counted)}")

    kept.meanwhile = overtake
    assert code_of(rotate, kept, "ours") == "unavailable"


def test_the_first_secret_after_a_termination_has_none_before_it():
    without = replace(HOOK, secret=None)
    kept = Kept(without)
    rotate(kept, "first")

    assert (kept.all["w1"].secret, previous(kept)) == ("first", [])


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
