"""The documents that are written from the code say what the code says."""

import pytest

from dev import docs
from dev.docs.__main__ import DOCUMENTS, outdated


def test_every_generated_document_is_up_to_date():
    assert outdated() == [], "run `make docs`"


def test_twin_a_document_that_was_edited_by_hand_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(DOCUMENTS, "docs/data-model.md", lambda: "something else")

    assert outdated() == ["docs/data-model.md"]
    assert docs.__doc__
