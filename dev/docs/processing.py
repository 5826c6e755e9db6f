"""docs/processing.md from the catalogue and the policy: the record of processing (GDPR art. 30)."""

from collections.abc import Iterable, Mapping

from dev.docs.data_model import kept
from leadlayer.core.policy import SubProcessor, policy
from leadlayer.privacy.catalogue import ENTRIES
from leadlayer.privacy.entry import KEYS, Entry, Owner

_HEAD = """\
# Record of processing

Generated from `layers/shared/leadlayer/privacy/catalogue.py` and `policy.toml` by `make docs`; do
not edit. It says what this software does, and is the record of GDPR art. 30 for an installation of
it as it is. Who installs it adds who represents them and their data protection officer, where they
have one.

- Who: {controller} ({country}), {contact}
- Policy: version {version}; authority: {authority}, {authority_url}
- "kept" is an ISO 8601 period; [the data model](data-model.md) says how each row is found
"""
_CONTROLLER = """\

## As controller (art. 30 par. 1)

What is kept about customers and their people, and what keeps the service working.

"""
_PROCESSOR = """\

## As processor (art. 30 par. 2)

What is kept for a customer, who is the controller: each account names its own (row type `account`,
with its people in `member`). The person at a customer is whoever has the role `owner`.

"""
_COLUMNS = "| purpose | whose data | data | basis | kept | row type |\n|---|---|---|---|---|---|\n"
_RECIPIENTS = """\

## Who receives data, and where (par. 1 d and e, par. 2 c)

A customer receives the leads and conversations of its own sites: in the console, as a file, and at
the webhook addresses that it chose. Besides them:

| recipient | country | for what | data | where it is processed | transfer |
|---|---|---|---|---|---|
"""
_MEASURES = """\

## Security (par. 1 g, par. 2 d; art. 32)

Each is held by the tests named with it, in `tests/promises`.

"""
_PEOPLE: Mapping[Owner, str] = {
    "visitor": "visitors of customers' sites",
    "member": "people who work at a customer",
    "customer": "customers",
    "nobody": "nobody directly: ids, hashes or numbers",
}
# What protects what is kept, each with the tests in tests/promises that hold it.
MEASURES: Mapping[str, str] = {
    "A model may hold no other data of a visitor than what is declared": "p03",
    "Connections are encrypted": "p16",
    "Credentials are kept as hashes, customers' secrets sealed by a key management service": "p17",
    "Access follows roles; the data of other customers is out of reach": "p18",
    "The model gets placeholders in place of contact details": "p24",
    "Logs hold nothing of a person": "p25",
    "A restored copy brings nobody back who was erased": "p26",
}


def render() -> str:
    said = policy()
    head = _HEAD.format(
        controller=said.controller,
        country=said.country,
        contact=said.contact,
        version=said.version,
        authority=said.authority,
        authority_url=said.authority_url,
    )
    return "".join(
        (
            head,
            _CONTROLLER,
            _COLUMNS,
            *_rows(entry for entry in ENTRIES if entry.role == "controller"),
            _PROCESSOR,
            _COLUMNS,
            *_rows(entry for entry in ENTRIES if entry.role == "processor"),
            _RECIPIENTS,
            *map(_recipient, said.sub_processors),
            _MEASURES,
            *(f"- {measure} ({number.upper()})\n" for measure, number in MEASURES.items()),
        )
    )


def _rows(entries: Iterable[Entry]) -> Iterable[str]:
    return (
        f"| {entry.purpose} | {_PEOPLE[entry.owner]} | {_data(entry)} | {entry.legal_basis} "
        f"| {kept(entry)} | [{entry.kind}](data-model.md#{entry.kind}) |\n"
        for entry in entries
    )


def _data(entry: Entry) -> str:
    """All of it: what a person gets in an export is not all that is about them."""
    return ", ".join(sorted(entry.attributes - KEYS)) or "keys only"


def _recipient(each: SubProcessor) -> str:
    only = f"; only with the model provider `{each.when}`" if each.when else ""
    return (
        f"| {each.name} | {each.country} | {each.purpose}{only} | {'; '.join(each.data)} "
        f"| {each.processing_location} | {each.transfer} |\n"
    )
