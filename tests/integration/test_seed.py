"""The demo customer of the local stack: there is something to see, and starting again keeps it."""

from dataclasses import replace

from dev.stack import seed_facts
from dev.stack.seed import seed
from leadlayer.accounts.model import normal_email
from leadlayer.accounts.store import AccountStore
from leadlayer.sites.store import SiteStore
from tests.console_calls import ConsoleCalls
from tests.world import World

ORIGIN = "http://127.0.0.1:8802"


def begin(world: World, *origins: str) -> None:
    seed(world.table, origins=origins, keyring=world.keyring, now=world.clock())


def forget(world: World) -> None:
    """The world's own customer has the id of the demo's."""
    for row in world.rows():
        key = {name: row[name] for name in ("pk", "sk")}
        world.client.delete_item(TableName=world.settings.table_name, Key=key)


def test_the_demo_has_leads_conversations_views_and_notices(world: World):
    forget(world)
    begin(world, ORIGIN)
    kinds = [row["type"]["S"] for row in world.rows()]
    assert kinds.count("lead") == 12
    assert kinds.count("conversation") == 4
    assert kinds.count("notice") == 2
    assert kinds.count("lead_note") >= 3
    assert kinds.count("view_counter") > 80
    assert kinds.count("mail") == 0
    heads = world.rows("conversation")
    assert [head["taken_by"]["S"] for head in heads if "taken_by" in head] == [seed_facts.AGENT_ID]
    states = {row["state"]["S"] for row in world.rows("lead")}
    assert states == {"new", "open", "won", "lost", "closed"}


def test_everybody_of_the_demo_can_sign_in(world: World):
    forget(world)
    begin(world, ORIGIN)
    for email in (seed_facts.OWNER_EMAIL, seed_facts.AGENT_EMAIL, seed_facts.VIEWER_EMAIL):
        person = world.keyring.person(normal_email(email))
        assert [each.email for each in AccountStore(world.table).members_of(person)] == [email]


def test_the_console_lists_what_was_seeded(world: World):
    forget(world)
    begin(world, ORIGIN)
    status, found = ConsoleCalls(world).call("GET", "/v1/leads", query={"site": "s_demo"})
    assert (status, len(found["items"])) == (200, 12)
    status, found = ConsoleCalls(world).call("GET", "/v1/conversations", query={"site": "s_demo"})
    assert (status, len(found["items"])) == (200, 4)


def test_starting_again_adds_nothing_and_keeps_what_was_changed_since(world: World):
    forget(world)
    begin(world, ORIGIN)
    before = len(world.rows())
    sites = SiteStore(world.table)
    site = sites.find(seed_facts.SITE_ID)
    assert site is not None
    sites.change(site, replace(site, name="Kiln & Daughters"))
    begin(world, "http://127.0.0.1:9902")
    assert len(world.rows()) == before
    again = sites.find(seed_facts.SITE_ID)
    assert again is not None
    assert again.name == "Kiln & Daughters"
    assert again.origins == (ORIGIN, "http://127.0.0.1:9902")
