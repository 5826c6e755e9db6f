"""A site as one item, found by its id alone, since that is all a script tag knows."""

from dataclasses import asdict

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.table import Item, Put, Table
from leadlayer.sites.model import Consent, LeadField, Limits, Site

_PROFILE = "PROFILE"


class SiteItem(Item):
    KIND = "site"
    account_id = UnicodeAttribute()
    name = UnicodeAttribute()
    origins = JSONAttribute()
    privacy_notice_url = UnicodeAttribute(null=True)
    language = UnicodeAttribute()
    languages = JSONAttribute()
    country = UnicodeAttribute()
    greetings = JSONAttribute()
    knowledge = UnicodeAttribute(null=True)
    lead_fields = JSONAttribute()
    consent = JSONAttribute()
    pixel_mode = UnicodeAttribute()
    model = UnicodeAttribute()
    limits = JSONAttribute()
    retention_months = NumberAttribute(null=True)
    state = UnicodeAttribute()


class SiteStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, site_id: str) -> Site | None:
        if not keys.is_id(site_id):
            return None
        item = self._table.find(SiteItem, keys.site(site_id), _PROFILE)
        return None if item is None else _from_item(item)

    def save(self, site: Site) -> None:
        self._table.write(Put(_to_item(site)))


def _to_item(site: Site) -> SiteItem:
    return SiteItem(
        keys.site(site.id),
        _PROFILE,
        gsi1pk=keys.account(site.account_id),
        gsi1sk=keys.site(site.id),
        account_id=site.account_id,
        name=site.name,
        origins=list(site.origins),
        privacy_notice_url=site.privacy_notice_url or None,
        language=site.language,
        languages=list(site.languages),
        country=site.country,
        greetings=site.greetings,
        knowledge=site.knowledge or None,
        lead_fields=[asdict(field) for field in site.lead_fields],
        consent=asdict(site.consent),
        pixel_mode=site.pixel_mode,
        model=site.model,
        limits=asdict(site.limits),
        retention_months=site.retention_months,
        state=site.state,
    )


def _from_item(item: SiteItem) -> Site:
    months = item.retention_months
    return Site(
        id=item.pk.removeprefix(keys.site("")),
        account_id=item.account_id,
        name=item.name,
        origins=tuple(item.origins),
        privacy_notice_url=item.privacy_notice_url or "",
        language=item.language,  # pyright: ignore[reportArgumentType]  # checked when it was written
        languages=tuple(item.languages),
        country=item.country,
        greetings=item.greetings,
        knowledge=item.knowledge or "",
        lead_fields=tuple(LeadField(**field) for field in item.lead_fields),
        consent=Consent(**item.consent),
        pixel_mode=item.pixel_mode,  # pyright: ignore[reportArgumentType]  # checked when it was written
        model=item.model,
        limits=Limits(**item.limits),
        retention_months=None if months is None else int(months),  # pyright: ignore[reportUnnecessaryComparison]  # nullable
        state=item.state,  # pyright: ignore[reportArgumentType]  # checked when it was written
    )
