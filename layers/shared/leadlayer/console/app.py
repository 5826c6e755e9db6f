"""The API of customers and their people: all its routes behind the one door."""

from collections.abc import Callable

from leadlayer.accounts.store import AccountStore
from leadlayer.audit.service import AuditLog
from leadlayer.audit.store import AuditStore
from leadlayer.console import (
    account,
    api_keys,
    audit,
    conversations,
    deletions,
    downloads,
    exports,
    leads,
    members,
    notices,
    requests,
    search,
    sessions,
    sites,
    views,
    webhooks,
)
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.door import Door
from leadlayer.core.http import Handler, answering_callers, http_app
from leadlayer.sites.store import SiteStore

# A site's knowledge text and its texts in three languages fit.
MOST_BODY_BYTES = 512 * 1024

SUBJECTS: tuple[Callable[[Routes, Deps], None], ...] = (
    account.add_routes,
    sessions.add_routes,
    members.add_routes,
    api_keys.add_routes,
    sites.add_routes,
    leads.add_routes,
    search.add_routes,
    conversations.add_routes,
    deletions.add_routes,
    views.add_routes,
    webhooks.add_routes,
    exports.add_routes,
    downloads.add_routes,
    notices.add_routes,
    audit.add_routes,
    requests.add_routes,
)


def build(deps: Deps) -> Handler:
    routes = routes_of(deps)
    door = Door(
        routes,
        accounts=AccountStore(deps.table),
        sites=SiteStore(deps.table),
        audit=AuditLog(AuditStore(deps.table), deps.clock),
        clock=deps.clock,
    )
    return answering_callers(routes.app, enter=door.enter, most=MOST_BODY_BYTES)


def routes_of(deps: Deps) -> Routes:
    """All routes of the console, as they are declared."""
    routes = Routes(http_app())
    for add_routes in SUBJECTS:
        add_routes(routes, deps)
    return routes
