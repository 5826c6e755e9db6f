"""Something of everything that the purge can meet, overdue: what its role must allow."""

from datetime import timedelta
from typing import Any

from leadlayer.accounts.keys_store import ApiKeyStore
from leadlayer.accounts.store import AccountItem
from leadlayer.chat.store import ConversationItem
from leadlayer.core import keys
from leadlayer.core.clock import add_months, epoch, iso, utc_now
from leadlayer.core.table import Put, Table, Update
from leadlayer.leads.store import LeadItem
from leadlayer.privacy.erasure import SHUT
from leadlayer.privacy.purge_store import PurgeStateItem
from leadlayer.sites.store import SiteItem
from leadlayer.views.rows import ViewItem
from leadlayer.webhooks.model import Delivery
from leadlayer.webhooks.store import DeliveryStore
from tests.console_samples import _inbox
from tests.world import SITE, World

_PAST = timedelta(seconds=10)


def somebody(world: World) -> dict[str, str]:
    """A lead with its conversation, of which a webhook was told."""
    lead, conversation = _inbox(world)
    told = Delivery(lead, "w_1", "lead.created", "a_demo", SITE.id, iso(utc_now()))
    DeliveryStore(world.table, clock=world.clock).add(told)
    return {"site": SITE.id, "lead": lead, "conversation": conversation}


def conversation_overdue(ids: dict[str, str]) -> None:
    """Its lead stays."""
    place = keys.conversation(ids["site"], ids["conversation"])
    _begin()
    _set(ConversationItem(place, "META"), ConversationItem.expires_at)


def lead_overdue(ids: dict[str, str]) -> None:
    lead = LeadItem(keys.leads(ids["site"]), keys.lead(ids["lead"]))
    _set(lead, LeadItem.expires_at)


def month_overdue(site_id: str) -> None:
    month = add_months(utc_now(), -25)
    place = keys.views(site_id, month.strftime("%Y-%m"))
    _table().write(Put(ViewItem(place, keys.view("01", "/"), views=10)))
    site = SiteItem(keys.site(site_id), "PROFILE")
    over = epoch(add_months(month.replace(day=1, hour=0, minute=0, second=0), 25))
    _table().write(Update(site, [SiteItem.promote_at.set(over)]))


def account_overdue(world: World) -> None:
    """As a run that was cut off leaves it, so that nobody has to be waited for."""
    ApiKeyStore(world.table, clock=world.clock).create("a_demo", name="K", role="viewer", days=1)
    account = AccountItem(keys.account("a_demo"), "PROFILE")
    past = epoch(utc_now() - _PAST)
    ended = [AccountItem.state.set("terminated"), AccountItem.purge_at.set(past)]
    _table().write(Update(account, [*ended, AccountItem.expires_at.set(SHUT)]))


def _begin() -> None:
    """Yesterday is done."""
    day = (utc_now() - timedelta(days=1)).date().isoformat()
    _table().write(Put(PurgeStateItem(keys.purge(), "STATE", finished_day=day)))


def _set(row: Any, end: Any) -> None:
    _table().write(Update(row, [end.set(epoch(utc_now() - _PAST))]))


def _table() -> Table:
    """The world's clock stands still, and the handlers go by the real one."""
    return Table(clock=utc_now)
