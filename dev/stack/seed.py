"""Writes the demo account, its people and its site through LeadLayer's own stores.

Runs as a process of its own (`python -m dev.stack.seed`), with the environment of a function and
`layers/shared` on the path, so that the domain code reads its settings as it does in AWS.
"""

import argparse
import os
from dataclasses import replace
from datetime import datetime, timedelta

from dev.stack.aws import PARAMETER_PREFIX
from dev.stack.seed_content import Past
from dev.stack.seed_facts import (
    ACCOUNT_ID,
    AGENT_EMAIL,
    AGENT_ID,
    OWNER_EMAIL,
    OWNER_ID,
    SITE_ID,
    VIEWER_EMAIL,
    VIEWER_ID,
)
from leadlayer.accounts.model import Account, Member, normal_email
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import iso, utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.secrets import from_parameter_store
from leadlayer.core.table import Table, open_table
from leadlayer.sites.model import Consent, KeptText, LeadField, Site
from leadlayer.sites.store import SiteStore

PRIVACY_NOTICE = "https://kiln-and-co.example/privacy"

KNOWLEDGE = """Kiln & Co. is a small workshop in Utrecht that makes stoneware by hand.
Open: Wednesday to Saturday, 10:00 to 17:00.
Bowl no. 3 (iron glaze, 18 cm) 34 euros. Vase no. 8 (copper green, 26 cm) 58 euros.
Mug no. 1 (raw clay outside, 30 cl) 22 euros.
Everything may go into the dishwasher and the oven, nothing into the microwave.
Parcels leave every Thursday: two days within the Netherlands, four to Belgium and Germany.
Pieces made for a customer take six weeks and begin at 80 euros."""

GREETINGS = {
    "nl": "Hallo! Vraag gerust naar ons aardewerk, glazuur of verzending.",
    "en": "Hello! Ask us anything about our stoneware, glazes or delivery.",
    "de": "Hallo! Fragen Sie gern nach Steinzeug, Glasuren oder Versand.",
}

CONSENT = {
    "nl": "Ja, Kiln & Co. mag mij met deze gegevens benaderen over mijn vraag.",
    "en": "Yes, Kiln & Co. may use these details to contact me about my question.",
    "de": "Ja, Kiln & Co. darf mich mit diesen Angaben zu meiner Frage kontaktieren.",
}


def demo_site(origins: tuple[str, ...]) -> Site:
    """The shop of web/demo, set up as a customer would."""
    return Site(
        id=SITE_ID,
        account_id=ACCOUNT_ID,
        name="Kiln & Co.",
        origins=origins,
        privacy_notice_url=PRIVACY_NOTICE,
        language="en",
        greetings=GREETINGS,
        knowledge=KNOWLEDGE,
        lead_fields=tuple(
            LeadField(name) for name in ("name", "email", "phone", "city", "message")
        ),
        consent=Consent(CONSENT),
        pixel_mode="exempt",
    )


def people() -> list[Member]:
    return [
        Member(OWNER_ID, ACCOUNT_ID, OWNER_EMAIL, "owner", "en", name="Mila Janssen"),
        Member(AGENT_ID, ACCOUNT_ID, AGENT_EMAIL, "agent", "nl", name="Sem Dekker"),
        Member(VIEWER_ID, ACCOUNT_ID, VIEWER_EMAIL, "viewer", "de", name="Ida Weber"),
    ]


def seed(table: Table, *, origins: tuple[str, ...], keyring: Keyring, now: datetime) -> None:
    """Once for all: what was changed in the console since stays. Only the demo shop's addresses
    are added each time, for its ports may be others."""
    sites, accounts = SiteStore(table), AccountStore(table)
    if accounts.find(ACCOUNT_ID) is not None:
        if site := sites.find(SITE_ID):
            known = tuple(dict.fromkeys((*site.origins, *origins)))
            sites.change(site, replace(site, origins=known))
        return
    site = demo_site(origins)
    if sites.find(SITE_ID) is None:
        shown = KeptText(site.consent.version, CONSENT, iso(now - timedelta(days=60)))
        sites.create(site, shown=shown)
    for member in people():
        accounts.save_member(member, person=keyring.person(normal_email(member.email)))
    Past(table, site, keyring, now).tell()
    # Last: a seed that was cut off is told again, and some of its visitors come twice.
    accounts.save(Account(id=ACCOUNT_ID, name="Kiln & Co."))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m dev.stack.seed", description=__doc__)
    parser.add_argument("--table", required=True)
    parser.add_argument("--origin", action="append", required=True)
    arguments = parser.parse_args()
    table = open_table(arguments.table, region=os.environ["AWS_REGION"], clock=utc_now)
    secret = from_parameter_store(PARAMETER_PREFIX)
    keyring = Keyring.from_hex(secret("root-key"))
    seed(table, origins=tuple(arguments.origin), keyring=keyring, now=utc_now())


if __name__ == "__main__":
    main()
