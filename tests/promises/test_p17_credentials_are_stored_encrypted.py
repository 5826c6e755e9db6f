"""P17: sessions, keys and sign-in links are kept as hashes; no dump of table and log signs in."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from functions.authorizer import handler as authorizer
from leadlayer.accounts.keys_store import ApiKeyStore
from leadlayer.accounts.links import LinkStore
from leadlayer.core.crypto import Keyring
from tests.integration.sign_in_calls import OWNER, STRANGER, Person, authorize, join
from tests.world import TABLE, World


def texts(value: Any) -> Iterator[str]:
    """Every string in a row, at any depth, names included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def candidates(world: World, printed: str) -> set[str]:
    """Whatever a thief could cut out of a dump and the logs: whole values, and parts of them."""
    found = {*texts(world.rows()), *re.findall(r"[A-Za-z0-9_-]{8,}", printed)}
    return found | {part for text in found for part in re.split(r"[#/ :]", text) if part}


def doors(world: World, values: Iterable[str]) -> set[str]:
    """Values that open anything: as a token, as one without its prefix, or as a link's token, even
    for a thief who also has the browser's secret."""
    identify = authorizer.build(world.table, world.clock)
    links = LinkStore(world.table)
    return {
        value
        for value in values
        if any(identify(prefix + value) for prefix in ("", "lls_", "llk_"))
        or links.find(value) is not None
    }


def busy(world: World) -> tuple[str, str, str]:
    """A session, an API key and a link that is still unused, with all that they left behind."""
    join(world, OWNER, "owner")
    person = Person(world)
    session = person.sign_in()
    key, _ = ApiKeyStore(world.table, clock=world.clock).create(
        "a_demo", name="CRM", role="admin", days=9
    )
    authorize(world, key)
    person.link(STRANGER, account_name="Noord")
    return session, key, person.link()


def test_nothing_in_a_dump_or_in_the_log_opens_anything(world: World, capfd):
    session, key, link = busy(world)
    output = capfd.readouterr()
    values = candidates(world, output.out + output.err)

    # The check itself can open what it is given.
    assert doors(world, [session, key, link]) == {session, key, link}
    assert doors(world, [session.removeprefix("lls_")])
    assert {row["type"]["S"] for row in world.rows()} >= {"session", "api_key", "sign_in_link"}
    assert len(values) > 100
    assert doors(world, values) == set()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_twin_a_row_that_keeps_a_token_is_found(world: World, capfd, which: int):
    secret = busy(world)[which]
    careless = {"pk": {"S": f"X#{secret}"}, "sk": {"S": "X"}, "type": {"S": "careless"}}
    world.client.put_item(TableName=TABLE, Item=careless)

    assert secret in doors(world, candidates(world, capfd.readouterr().out))


def test_twin_a_log_that_prints_a_token_is_found(world: World, capfd):
    session, _, _ = busy(world)
    print(f'{{"event": "signed_in", "token": "{session}"}}')

    assert session in doors(world, candidates(world, capfd.readouterr().out))


def test_no_row_holds_the_beginning_of_a_token_but_what_tells_keys_apart(world: World):
    session, key, link = busy(world)
    dump = set(texts(world.rows()))

    for secret in (session.removeprefix("lls_"), key.removeprefix("llk_"), link):
        assert not any(secret[:6] in text for text in dump)
    assert key[:8] in dump


def test_another_deployments_key_makes_other_links_and_people(world: World):
    other = Keyring(bytes(32))

    assert other.link_token("01M") != world.keyring.link_token("01M")
    assert other.person(OWNER) != world.keyring.person(OWNER)
