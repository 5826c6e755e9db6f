"""What the audit log says of a request's target: ids that look like ours, days, question marks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadlayer.console.sites import _new_id
from leadlayer.console.targets import target_of
from leadlayer.core.ids import ulid
from leadlayer.webhooks.model import Delivery
from tests.clocks import START
from tests.world import SITE

ID = ulid(START)
LATER = ulid(START + timedelta(days=365 * 100))


def made(about: str, kind: str) -> str:
    return Delivery(about, "w", kind, "a", "s", created_at="").id  # pyright: ignore[reportArgumentType]


OURS = [
    ID,
    LATER,
    f"m_{ID}",
    _new_id(),
    made(ID, "lead.created"),
    made(ID, "conversation.started"),
    made(f"{ID}-202611231000", "test"),
]
ODD = [
    "0612345678", "31612345678", "noor", "noor.de.vries", "s_0612345678", "m_noor", "a" * 26,
    f"{ID}x", f"x{ID}", f"{ID}-0612345678", f"{ID}\n", "..", "~", "2026-11-23", f"noor_{ID}",
]  # fmt: skip


@pytest.mark.parametrize("text", OURS, ids=range(len(OURS)))
def test_an_id_as_we_make_them_is_entered(text: str):
    assert target_of({}, {"x": text}, None) == text
    assert target_of({"queryStringParameters": {"site": text}}, {}, None) == text


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_nothing_else_is_entered_in_place_of_an_id(text: str):
    assert target_of({}, {"x": text, "y": ID}, None) == f"?/{ID}"
    assert target_of({"queryStringParameters": {"site": text}}, {}, None) == "?"


def test_a_site_that_was_found_is_entered_by_whatever_id_it_has():
    assert target_of({}, {"site": "s_demo", "lead": ID}, SITE) == f"s_demo/{ID}"
    elsewhere = replace(SITE, id="s_other")
    assert target_of({}, {"site": "s_demo", "lead": ID}, elsewhere) == f"?/{ID}"


@pytest.mark.parametrize(
    ("day", "entered"),
    [("2026-11-23", "2026-11-23"), ("0612345678", "?"), ("2026-99-99", "?"), ("", "")],
)
def test_a_day_is_a_day(day: str, entered: str):
    assert target_of({"queryStringParameters": {"day": day, "q": "noor"}}, {}, None) == entered
