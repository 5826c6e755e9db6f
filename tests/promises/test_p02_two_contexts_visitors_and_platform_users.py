"""P02: every row type and attribute that is written is described: whose, why, how long."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from pynamodb.attributes import UnicodeAttribute

import leadlayer.console.app  # noqa: F401  # brings every slice's rows in
from leadlayer.core.jobs import JobItem
from leadlayer.core.policy import policy
from leadlayer.core.table import Item, Put
from leadlayer.privacy.catalogue import ENTRIES, Entry
from tests.world import World


def written_types() -> list[type[Item]]:
    """A model without a type of its own only reads rows of others: it cannot be written."""
    ours = (each for each in Item.__subclasses__() if each.__module__.startswith("leadlayer."))
    return [model for model in ours if model.KIND]


def undescribed(models: Iterable[type[Item]], entries: Iterable[Entry]) -> list[str]:
    """Row types and attributes that could be written and are not in the catalogue."""
    known = {entry.kind: entry.attributes for entry in entries}
    missing = [model.KIND for model in models if model.KIND not in known]
    return missing + [
        f"{model.KIND}.{name}"
        for model in models
        if model.KIND in known
        for name in model.get_attributes()
        if name not in known[model.KIND]
    ]


def incomplete(entries: Iterable[Entry]) -> list[str]:
    """Personal rows without a way to be found, an end, or a stated purpose and basis."""
    return [
        entry.kind
        for entry in entries
        if entry.is_personal
        and (
            entry.found_by == "none"
            or not entry.purpose
            or not entry.legal_basis
            or (entry.expires and entry.retention not in policy().retention_text)
        )
    ]


def test_every_row_type_and_attribute_is_in_the_catalogue():
    assert len(written_types()) >= 12
    assert undescribed(written_types(), ENTRIES) == []


def test_a_row_without_a_type_cannot_be_written(world: World):
    with pytest.raises(ValueError, match="type"):
        world.table.write(Put(JobItem("ACCOUNT#a_demo", "EXPORT#1")))


def test_twin_an_undescribed_type_and_attribute_are_found():
    class Secretly(Item):
        KIND = "secretly"

    class LeadWithShoeSize(Item):
        KIND = "lead"
        shoe_size = UnicodeAttribute()

    assert undescribed([Secretly, LeadWithShoeSize], ENTRIES) == ["secretly", "lead.shoe_size"]


def test_every_personal_row_has_an_owner_a_way_to_be_found_and_an_end():
    assert {entry.kind for entry in ENTRIES if entry.is_personal} >= {"lead", "message", "member"}
    assert incomplete(ENTRIES) == []


def test_twin_a_personal_row_without_a_way_to_be_found_is_noticed():
    lead = next(entry for entry in ENTRIES if entry.kind == "lead")

    assert incomplete([replace(lead, found_by="none")]) == ["lead"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_what_is_exported_exists(entry: Entry):
    if entry.model is not None:
        assert entry.exported <= entry.model.get_attributes().keys()
