"""The record of processing leaves out nothing that is kept, nobody who receives it, no measure."""

from dataclasses import replace
from pathlib import Path

import pytest

from dev.docs import processing
from dev.docs.__main__ import outdated
from leadlayer.core.policy import policy
from leadlayer.privacy.catalogue import ENTRIES, entry

_PROMISES = Path(__file__).parents[1] / "promises"
_PROCESSOR = "## As processor"


def missing(record: str) -> list[str]:
    """What the catalogue or the policy names and the record does not, in the part for its role."""
    controller, _, processor = record.partition(_PROCESSOR)
    parts = {"controller": controller, "processor": processor, "none": "".join(_anonymous())}
    kinds = [each.kind for each in ENTRIES if f"[{each.kind}](" not in parts[each.role]]
    names = [each.name for each in policy().sub_processors if f"| {each.name} |" not in record]
    return [*kinds, *names]


def _anonymous() -> list[str]:
    return [f"[{each.kind}](" for each in ENTRIES if each.role == "none"]


def unheld(measures: dict[str, str]) -> list[str]:
    """Measures that no test holds."""
    return [what for what, number in measures.items() if not [*_PROMISES.glob(f"test_{number}_*")]]


def test_everything_kept_and_everybody_who_receives_it_is_in_the_record():
    assert missing(processing.render()) == []


def test_every_measure_of_the_record_is_held_by_a_test():
    assert unheld(dict(processing.MEASURES)) == []


@pytest.mark.parametrize("name", ["lead", "member", "Anthropic PBC"])
def test_twin_what_the_record_leaves_out_is_found(name: str):
    lines = processing.render().splitlines()
    left = [each for each in lines if f"[{name}](" not in each and f"| {name} |" not in each]

    assert missing("\n".join(left)) == [name]


def test_twin_an_entry_under_the_wrong_role_is_found(monkeypatch: pytest.MonkeyPatch):
    wrong = replace(entry("lead"), role="controller")
    monkeypatch.setattr(processing, "ENTRIES", (wrong,))

    assert "lead" in missing(processing.render())


def test_twin_a_purpose_that_changed_makes_the_written_record_outdated(
    monkeypatch: pytest.MonkeyPatch,
):
    changed = replace(entry("lead"), purpose="Something else")
    others = tuple(each for each in ENTRIES if each.kind != "lead")
    monkeypatch.setattr(processing, "ENTRIES", (changed, *others))

    assert "docs/processing.md" in outdated()


def test_twin_a_measure_that_no_test_holds_is_found():
    assert unheld({"Everything is well": "p99"}) == ["Everything is well"]
