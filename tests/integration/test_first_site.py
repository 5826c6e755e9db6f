"""What `make site` creates is a site that takes leads and has somebody to tell."""

import json

import pytest

from dev.site import create
from functions.leads import handler as leads
from leadlayer.accounts.store import AccountStore
from leadlayer.handover import lead_recipients
from tests.world import Context, World, load_event

ORIGIN = "https://www.example.org"


def test_the_new_site_takes_a_lead_and_its_owner_will_be_told(world: World):
    site = create(
        world.table,
        name="Bakkerij",
        email="Bakker@example.org",
        origin=ORIGIN + "/",
        notice=ORIGIN + "/privacy",
        language="nl",
        keyring=world.keyring,
    )
    take = leads.build(leads.Deps(world.settings, world.table, world.clock, lambda: world.keyring))
    event = load_event(
        "leads.valid",
        pathParameters={"site": site.id},
        rawPath=f"/v1/sites/{site.id}/leads",
        headers={"origin": ORIGIN},
        body=json.loads(load_event("leads.valid")["body"]),
    )

    assert take(event, Context())["statusCode"] == 201

    accounts = AccountStore(world.table)
    told = lead_recipients(accounts, site.account_id)
    assert [(person.email, person.language) for person in told] == [("Bakker@example.org", "nl")]
    # And the owner can sign in, however the address was typed.
    (owner,) = accounts.members_of(world.keyring.person("bakker@example.org"))
    assert (owner.account_id, owner.role) == (site.account_id, "owner")


@pytest.mark.parametrize("field", ["origin", "notice"])
def test_an_address_without_https_is_refused(world: World, field: str):
    given = {"origin": ORIGIN, "notice": ORIGIN + "/privacy"} | {field: "http://www.example.org"}
    before = world.rows()

    with pytest.raises(ValueError, match="https"):
        create(
            world.table,
            name="x",
            email="x@example.org",
            language="en",
            keyring=world.keyring,
            **given,
        )

    assert world.rows() == before
