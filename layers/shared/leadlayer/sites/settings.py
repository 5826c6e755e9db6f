"""Decides what a customer may make of a site, and that no change undoes another or loses a text."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from leadlayer.core.clock import Clock, iso
from leadlayer.core.errors import Problem, limit_reached, not_found
from leadlayer.core.policy import retention
from leadlayer.core.table import ConditionFailed, Write
from leadlayer.sites.forms import NewSiteForm, RetentionForm, SiteForm
from leadlayer.sites.model import Consent, KeptText, LeadField, Limits, Site

MOST_SITES = 50
_TRIES = 8
# How somebody can be reached; a form without either could not be sent.
_WAYS_TO_REACH = frozenset({"email", "phone"})


class SiteSettings(Protocol):
    def find(self, site_id: str) -> Site | None: ...
    def of_account(self, account_id: str) -> list[Site]: ...
    def create(
        self, site: Site, *, shown: KeptText | None, follows: Sequence[Write] = ()
    ) -> None: ...
    def change(self, before: Site, after: Site, *, shown: tuple[KeptText, ...] = ()) -> None:
        """Raises ConditionFailed when the site is not `before` any more."""
        ...

    def consent_texts(self, site_id: str) -> list[KeptText]: ...


def create_site(
    form: NewSiteForm,
    *,
    account_id: str,
    sites: SiteSettings,
    new_id: Callable[[], str],
    follows: Sequence[Write] = (),
) -> Site:
    """Raises Problem 409 at the number of sites that an account may have. Collects nothing yet
    unless the customer's privacy notice was given (P22)."""
    if len(sites.of_account(account_id)) >= MOST_SITES:
        raise limit_reached()
    site = Site(
        id=new_id(),
        account_id=account_id,
        name=form.name,
        origins=tuple(form.origins),
        language=form.language,
        privacy_notice_url=form.privacy_notice_url,
        # The first text that is set is version 1.
        consent=Consent({}, version="0", required=False),
    )
    sites.create(site, shown=None, follows=follows)
    return site


def change_site(site_id: str, form: SiteForm, *, sites: SiteSettings, clock: Clock) -> Site:
    """Raises Problem 422 for settings that do not go together, 404 when the site is gone."""

    def changed(site: Site) -> Site:
        return _with(site, form)

    return _change(site_id, changed, sites=sites, clock=clock)


def change_retention(
    site_id: str, form: RetentionForm, *, sites: SiteSettings, clock: Clock
) -> Site:
    """For what is collected from now on. Raises Problem 422 unless it is shorter than promised."""
    if form.months is not None and form.months >= promised_months():
        raise _refused("months", "not_shorter_than_the_policy")
    return _change(
        site_id,
        lambda site: replace(site, retention_months=form.months),
        sites=sites,
        clock=clock,
    )


def promised_months() -> int:
    return retention("lead").months


def kept_texts(site: Site, *, sites: SiteSettings) -> list[KeptText]:
    """Every consent text that the site has shown, the present one last."""
    kept = sites.consent_texts(site.id)
    if site.consent.texts and all(text.version != site.consent.version for text in kept):
        kept.append(KeptText(site.consent.version, site.consent.texts))
    return sorted(kept, key=lambda text: _number(text.version))


def _change(
    site_id: str, changed: Callable[[Site], Site], *, sites: SiteSettings, clock: Clock
) -> Site:
    """Begins again when somebody else was quicker: their change stays, and this one is checked
    against it."""
    for _ in range(_TRIES):
        before = sites.find(site_id)
        if before is None:
            raise not_found()
        after = changed(before)
        if after == before:
            return before
        try:
            sites.change(before, after, shown=_newly_shown(before, after, sites, clock))
        except ConditionFailed:
            continue
        return replace(after, revision=before.revision + 1)
    raise Problem(409, "changed_meanwhile", "Others change this just now; try again.")


def _newly_shown(
    before: Site, after: Site, sites: SiteSettings, clock: Clock
) -> tuple[KeptText, ...]:
    """The versions to be kept with a change: the new text, and the one before if nobody kept it."""
    if after.consent.version == before.consent.version:
        return ()
    new = KeptText(after.consent.version, after.consent.texts, iso(clock()))
    kept = {text.version for text in sites.consent_texts(before.id)}
    if not before.consent.texts or before.consent.version in kept:
        return (new,)
    return (KeptText(before.consent.version, before.consent.texts), new)


def _with(site: Site, form: SiteForm) -> Site:
    given = form.model_dump(exclude_none=True, exclude={"consent", "limits", "lead_fields"})
    changes: dict[str, Any] = given | {
        name: tuple(given[name]) for name in ("origins", "languages") if name in given
    }
    if form.lead_fields is not None:
        changes["lead_fields"] = tuple(LeadField(f.name, f.required) for f in form.lead_fields)
    if form.limits is not None:
        limits = asdict(site.limits) | form.limits.model_dump(exclude_none=True)
        changes["limits"] = Limits(**limits)
    if form.consent is not None:
        changes["consent"] = _consent(site.consent, form.consent.texts, form.consent.required)
    _check_together({field: getattr(site, field) for field in _TOGETHER} | changes)
    return replace(site, **changes)


_TOGETHER = ("language", "languages", "lead_fields", "consent")


def _check_together(settings: dict[str, Any]) -> None:
    if settings["language"] not in settings["languages"]:
        raise _refused("languages", "without_the_sites_own")
    names = [field.name for field in settings["lead_fields"]]
    if len(set(names)) < len(names):
        raise _refused("lead_fields", "given_twice")
    if not _WAYS_TO_REACH & set(names):
        raise _refused("lead_fields", "no_way_to_reach")
    if settings["consent"].required and not settings["consent"].texts:
        raise _refused("consent", "required_without_a_text")


def _consent(before: Consent, texts: Any, required: bool) -> Consent:  # noqa: FBT001  # as in the form
    if texts == before.texts:
        return replace(before, required=required)
    return Consent(texts=dict(texts), version=str(_number(before.version) + 1), required=required)


def _number(version: str) -> int:
    return int(version) if version.isdecimal() else 0


def _refused(field: str, reason: str) -> Problem:
    errors = [{"field": field, "reason": reason}]
    return Problem(422, "invalid_request", "These settings cannot be used.", errors=errors)
