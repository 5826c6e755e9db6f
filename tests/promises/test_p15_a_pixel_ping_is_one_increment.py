"""P15: one ping changes one number; the answer is the same GIF; an opt-out looks the same."""

import base64
import copy
from typing import Any

import pytest

from functions.pixel import handler
from leadlayer.views.model import SiteFacts
from leadlayer.views.service import Counter
from tests.clocks import FixedClock
from tests.world import load_event


class Store:
    """A whole store as nested numbers, so that two states can be compared."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], int] = {("VIEWS#s_demo#2026-11", "23#/anders"): 7}

    def site_facts(self, site_id: str) -> SiteFacts:
        return SiteFacts("exempt", is_collecting=True)

    def paths_today(self, site_id: str, *, month: str, day: str) -> set[str]:
        return set()

    def add_one(self, site_id: str, *, month: str, day: str, path: str) -> None:
        key = (f"VIEWS#{site_id}#{month}", f"{day}#{path}")
        self.rows[key] = self.rows.get(key, 0) + 1


class TalkativeStore(Store):
    """The fault: a second fact beside the counter."""

    def add_one(self, site_id: str, *, month: str, day: str, path: str) -> None:
        super().add_one(site_id, month=month, day=day, path=path)
        self.rows[("LAST_SEEN", site_id)] = 1795428000


def difference(store: Store, event: dict[str, Any]) -> dict[tuple[str, str], int]:
    before = copy.deepcopy(store.rows)
    counter = Counter(views=store, clock=FixedClock(), most_paths=500)
    handler.handle(event, counter)
    keys = before.keys() | store.rows.keys()
    changes = {key: store.rows.get(key, 0) - before.get(key, 0) for key in keys}
    return {key: change for key, change in changes.items() if change}


def test_one_ping_is_one_number_that_goes_up_by_one():
    changed = difference(Store(), load_event("pixel.valid"))

    assert changed == {("VIEWS#s_demo#2026-11", "23#/fietsen/stadsfiets"): 1}


def test_twin_a_store_that_notes_anything_else_is_caught():
    assert len(difference(TalkativeStore(), load_event("pixel.valid"))) == 2


@pytest.mark.parametrize("signal", [{"Sec-GPC": "1"}, {"dnt": "1"}, {"sec-gpc": "1"}])
def test_an_opt_out_is_not_counted_and_gets_the_same_picture(signal: dict[str, str]):
    store = Store()
    counter = Counter(views=store, clock=FixedClock(), most_paths=500)
    counted = handler.handle(load_event("pixel.valid"), counter)
    before = copy.deepcopy(store.rows)

    refused = handler.handle(load_event("pixel.valid", headers=signal), counter)

    reason = refused["headers"].pop("X-LeadLayer-Reason")
    assert store.rows == before
    assert refused == counted
    assert reason == "opted-out"


def test_the_answer_is_43_bytes_and_leaves_nothing_in_a_cache():
    answer = handler.handle(
        load_event("pixel.valid"), Counter(views=Store(), clock=FixedClock(), most_paths=500)
    )

    names = {name.lower() for name in answer["headers"]}
    assert len(base64.b64decode(answer["body"])) == 43
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert not names & {"etag", "last-modified", "set-cookie", "accept-ch", "nel", "report-to"}
