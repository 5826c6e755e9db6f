"""docs/data-model.md from the catalogue: a row type a section, whose data it is and how it goes."""

from leadlayer.core.policy import policy
from leadlayer.privacy.catalogue import ENTRIES, Entry

_HEAD = """\
# Data model

Generated from `layers/shared/leadlayer/privacy/catalogue.py` by `make docs`; do not edit.

One DynamoDB table, keys `pk` and `sk`, two sparse indexes, `gsi1` and `gsi2` (what is due). Every
row has a `type`; a row that ends by itself has `expires_at` (epoch seconds), and no read returns it
from that second on.
The prefix of `pk` says what a function may touch: see the roles in `infra/template.yaml`.

| row type | whose data | we are | kept | found by |
|---|---|---|---|---|
"""


def render() -> str:
    rows = "".join(_row(entry) for entry in ENTRIES)
    sections = "\n".join(_section(entry) for entry in ENTRIES)
    return f"{_HEAD}{rows}\n{sections}"


def _row(entry: Entry) -> str:
    return (
        f"| [{entry.kind}](#{entry.kind}) | {entry.owner} | {entry.role} | {kept(entry)} "
        f"| {entry.found_by} |\n"
    )


def _section(entry: Entry) -> str:
    exported = ", ".join(f"`{name}`" for name in sorted(entry.exported)) or "nothing"
    others = ", ".join(f"`{name}`" for name in sorted(entry.attributes - entry.exported))
    return (
        f"## {entry.kind}\n\n{entry.purpose}.\n\n"
        f"- Legal basis: {entry.legal_basis}\n- Given to the person in an export: {exported}\n"
        f"- Other attributes: {others}\n"
    )


def kept(entry: Entry) -> str:
    return policy().retention_text.get(entry.retention, "as long as the account, and 90 days")
