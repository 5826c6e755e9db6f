"""`make site`: the first customer and site of a deployed stack, until the console can make them."""

import argparse
import secrets
import sys

import boto3

from leadlayer.accounts.model import Account, Member, normal_email
from leadlayer.accounts.store import AccountStore
from leadlayer.core.clock import utc_now
from leadlayer.core.crypto import Keyring
from leadlayer.core.table import Table, open_table
from leadlayer.sites.model import LANGUAGES, Consent, Site
from leadlayer.sites.store import SiteStore

_CONSENT = {
    "nl": "{name} mag mijn gegevens gebruiken om contact met mij op te nemen.",
    "en": "{name} may use my details to contact me.",
    "de": "{name} darf meine Daten verwenden, um mich zu kontaktieren.",
}


def create(
    table: Table,
    *,
    name: str,
    email: str,
    origin: str,
    notice: str,
    language: str,
    keyring: Keyring,
) -> Site:
    """Raises ValueError for an origin or notice that a widget could not work with."""
    for url in (origin, notice):
        if not url.startswith("https://"):
            message = f"{url} has to begin with https://"
            raise ValueError(message)
    account = Account(id=f"a_{secrets.token_hex(8)}", name=name)
    site = Site(
        id=f"s_{secrets.token_hex(8)}",
        account_id=account.id,
        name=name,
        origins=(origin.rstrip("/"),),
        privacy_notice_url=notice,
        language=language if language in LANGUAGES else "en",  # pyright: ignore[reportArgumentType]  # checked here
        consent=Consent({code: text.format(name=name) for code, text in _CONSENT.items()}),
        pixel_mode="exempt",
    )
    accounts = AccountStore(table)
    accounts.save(account)
    owner = Member(f"m_{secrets.token_hex(8)}", account.id, email, "owner", site.language)
    # Listed under the address, so that the owner can sign in.
    accounts.save_member(owner, person=keyring.person(normal_email(email)))
    SiteStore(table).save(site)
    return site


def outputs(stack: str, region: str) -> dict[str, str]:
    stacks = boto3.client("cloudformation", region_name=region).describe_stacks(StackName=stack)
    return {o["OutputKey"]: o["OutputValue"] for o in stacks["Stacks"][0]["Outputs"]}


def root_keyring(stage: str, region: str) -> Keyring:
    parameters = boto3.client("ssm", region_name=region)
    name = f"/leadlayer/{stage}/root-key"
    found = parameters.get_parameter(Name=name, WithDecryption=True)
    return Keyring.from_hex(found["Parameter"]["Value"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("stage", "name", "email", "origin", "notice"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--language", default="en", choices=LANGUAGES)
    parser.add_argument("--region", default="eu-central-1")
    given = parser.parse_args()
    found = outputs(f"leadlayer-{given.stage}", given.region)
    table = open_table(found["TableName"], region=given.region, clock=utc_now)
    try:
        site = create(
            table,
            name=given.name,
            email=given.email,
            origin=given.origin,
            notice=given.notice,
            language=given.language,
            keyring=root_keyring(given.stage, given.region),
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f'<script async src="{found["ApiUrl"]}/widget.js" data-site="{site.id}"></script>')
    return 0


if __name__ == "__main__":
    sys.exit(main())
