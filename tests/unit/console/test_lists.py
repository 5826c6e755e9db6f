"""A cursor works in its own list of its own account, and nowhere else; all others look alike."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.console.lists import next_cursor, position_of
from leadlayer.core.crypto import Keyring
from leadlayer.core.errors import Problem

KEYRING = Keyring(bytes(range(32)))
MINE = {"of": "leads?site=s_1", "account_id": "a_1", "keyring": KEYRING}
JSON = st.recursive(
    st.integers() | st.text() | st.booleans(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
)


def cursor() -> str:
    made = next_cursor({"pk": {"S": "LEADS#s_1"}}, **MINE)
    assert made is not None
    return made


def refusal(text: str, **changes: object) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        position_of(text, **(MINE | changes))
    return refused.value.status, refused.value.body()


@given(JSON)
def test_a_position_comes_back_as_it_was(position: object):
    assert position_of(next_cursor(position, **MINE), **MINE) == position


def test_no_cursor_is_the_first_page_and_no_position_no_cursor():
    assert position_of(None, **MINE) is None
    assert next_cursor(None, **MINE) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"account_id": "a_2"},
        {"of": "leads?site=s_2"},
        {"of": "audit"},
        {"keyring": Keyring(bytes(range(1, 33)))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_cursor_of_somebody_or_something_else_is_refused_exactly_like_garbage(changes):
    assert refusal(cursor(), **changes) == refusal("garbage")
    assert json.loads(refusal("garbage")[1])["code"] == "invalid_cursor"


def test_twin_one_part_of_the_tag_left_out_would_be_noticed():
    """The same position has another tag in each list and account."""
    others = [MINE, MINE | {"account_id": "a_2"}, MINE | {"of": "audit"}]

    assert len({next_cursor(1, **other) for other in others}) == len(others)


@given(st.text())
def test_no_text_makes_it_fail_in_another_way(text: str):
    assert refusal(text) == refusal("garbage")


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_one_changed_character_makes_a_cursor_worthless(at: int, character: str):
    whole = cursor()
    at %= len(whole)
    changed = whole[:at] + character + whole[at + 1 :]

    if changed != whole:
        assert refusal(changed) == refusal("garbage")
