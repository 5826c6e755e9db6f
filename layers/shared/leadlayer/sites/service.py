"""Decides what a widget gets to know of its site, and which callers a site answers."""

from typing import Any, Protocol

from leadlayer.core.errors import site_not_collecting, unknown_site
from leadlayer.sites.model import Site
from leadlayer.sites.texts import DISCLOSURE, GREETING


class Sites(Protocol):
    def find(self, site_id: str) -> Site | None: ...


class SitesOfRequest:
    """One read of a site for each request: asking for its origins begins a request."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._read: dict[str, Site | None] = {}

    def origins(self, site_id: str) -> tuple[str, ...]:
        """Raises Problem 404 for an unknown site."""
        self._read = {site_id: self._sites.find(site_id)}
        return get_site(site_id, sites=self).origins

    def find(self, site_id: str) -> Site | None:
        return self._read[site_id] if site_id in self._read else self._sites.find(site_id)


def get_site(site_id: str, *, sites: Sites) -> Site:
    """Raises Problem 404; a terminated site does not exist for the public."""
    site = sites.find(site_id)
    if site is None or site.state != "active":
        raise unknown_site()
    return site


def get_collecting_site(site_id: str, *, sites: Sites) -> Site:
    """Raises Problem 403 while the site has no privacy notice: nothing may be collected (P22)."""
    site = get_site(site_id, sites=sites)
    if not site.collecting:
        raise site_not_collecting()
    return site


def widget_config(
    site: Site, *, language: str | None, chat_url: str, disclosure_version: str
) -> dict[str, Any]:
    """Everything the panel shows; nothing of the site's knowledge text, limits or account."""
    spoken = site.speaks(language)
    return {
        "site": site.id,
        "name": site.name,
        "collecting": site.collecting,
        "language": spoken,
        "languages": list(site.languages),
        "greeting": site.greeting(spoken) or GREETING[spoken],
        "disclosure": {"text": DISCLOSURE[spoken], "version": disclosure_version},
        "privacy_notice_url": site.privacy_notice_url,
        "fields": [{"name": f.name, "required": f.required} for f in site.lead_fields],
        "consent": {
            "text": site.consent.text(spoken),
            "required": site.consent.required,
            "version": site.consent.version,
        },
        "chat_url": f"{chat_url}/v1/sites/{site.id}/chat",
        "pixel_mode": site.pixel_mode,
        # Links in the model's text may lead to the customer's own pages only.
        "link_origins": list(site.origins),
    }
