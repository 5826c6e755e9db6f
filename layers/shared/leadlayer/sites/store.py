"""A site as one item, found by its id alone, since that is all a script tag knows; beside it every
consent text that it ever showed."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from leadlayer.core import keys
from leadlayer.core.policy import month_over
from leadlayer.core.table import Item, Put, Table, Update, Write
from leadlayer.sites.model import Consent, KeptText, LeadField, Limits, Site

_PROFILE = "PROFILE"
_KEYS = frozenset({"pk", "sk", "type", "gsi1pk", "gsi1sk", "account_id", "expires_at"})


class SiteItem(Item):
    KIND = "site"
    DUE_BY = "promote_at"
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
    # Not there on a site that nobody has changed since it was made.
    revision = NumberAttribute(null=True)
    # From which second the oldest month of counters that is still there is due for promotion.
    promote_at = NumberAttribute(null=True)


class ConsentTextItem(Item):
    KIND = "consent_text"
    texts = JSONAttribute()
    since = UnicodeAttribute(null=True)


class SiteStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, site_id: str) -> Site | None:
        if not keys.is_id(site_id):
            return None
        item = self._table.find(SiteItem, keys.site(site_id), _PROFILE)
        return None if item is None else _from_item(item)

    def of_account(self, account_id: str) -> list[Site]:
        """In the order of their ids; of the index, so one that was made this second may lack."""
        between = (keys.site(""), keys.site("~"))
        page = self._table.query_index(SiteItem, keys.account(account_id), between=between)
        return [_from_item(item) for item in page.items]

    def save(self, site: Site) -> None:
        self._table.write(Put(self._begun(site)))

    def create(self, site: Site, *, shown: KeptText | None, follows: Sequence[Write] = ()) -> None:
        """A new site with the consent text that it begins with; `follows` is written with it."""
        self._table.transact(
            [Put(self._begun(site), only_new=True), *_texts(site, shown), *follows]
        )

    def change(self, before: Site, after: Site, *, shown: tuple[KeptText, ...] = ()) -> None:
        """Writes what differs, and the consent texts that came with it. Raises ConditionFailed when
        the site has been changed since it was read."""
        new = site_row(replace(after, revision=before.revision + 1))
        unchanged: Any = SiteItem.revision == before.revision
        if not before.revision:
            unchanged |= SiteItem.revision.does_not_exist()
        update = Update(_key_item(after), _differences(site_row(before), new), unchanged)
        self._table.transact([update, *_texts(after, *shown)])

    def set_state(self, site: Site, state: str) -> None:
        """Whatever else is being changed of the site just now."""
        actions: list[Any] = [SiteItem.state.set(state), SiteItem.revision.add(1)]
        self._table.write(Update(_key_item(site), actions))

    def _begun(self, site: Site) -> SiteItem:
        """Its first counters are of this month."""
        row = site_row(site)
        row.promote_at = month_over("view_counter", self._table.now)
        return row

    def consent_texts(self, site_id: str) -> list[KeptText]:
        page = self._table.query(ConsentTextItem, keys.site(site_id), prefix=keys.consent_text(""))
        return [
            KeptText(item.sk.removeprefix(keys.consent_text("")), item.texts, item.since or "")
            for item in page.items
        ]


def _texts(site: Site, *shown: KeptText | None) -> list[Write]:
    return [
        Put(
            ConsentTextItem(
                keys.site(site.id),
                keys.consent_text(kept.version),
                texts=kept.texts,
                since=kept.since or None,
            ),
            only_new=True,
        )
        for kept in shown
        if kept is not None
    ]


def _differences(old: SiteItem, new: SiteItem) -> list[Any]:
    """Attribute by attribute: what another version of the software wrote beside them stays."""
    attributes = cast("dict[str, Any]", SiteItem.get_attributes())
    values = {name: getattr(new, name) for name in attributes.keys() - _KEYS}
    return [
        attributes[name].remove() if value is None else attributes[name].set(value)
        for name, value in sorted(values.items())
        if value != getattr(old, name)
    ]


def _key_item(site: Site) -> SiteItem:
    return SiteItem(keys.site(site.id), _PROFILE)


def site_row(site: Site) -> SiteItem:
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
        revision=site.revision or None,
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
        revision=int(item.revision or 0),
    )
