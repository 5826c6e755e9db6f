"""What goes into a store comes out of it the same, and hostile ids find nothing."""

from dataclasses import replace

import pytest

from leadlayer.accounts.model import Account, Member
from leadlayer.accounts.store import AccountStore
from leadlayer.core.errors import Problem
from leadlayer.core.rate_limit import RateLimit
from leadlayer.handover import lead_store
from leadlayer.leads.model import ConsentEvidence, Lead
from leadlayer.mail.store import OutboxStore
from leadlayer.sites.model import Consent, LeadField, Limits, Site
from leadlayer.sites.store import SiteStore
from tests.world import World

FULL_SITE = Site(
    id="s_full",
    account_id="a_1",
    name="Zaak «Ünïcode»",
    origins=("https://a.example", "https://b.example:8443"),
    privacy_notice_url="https://a.example/privacy",
    language="de",
    languages=("de", "en"),
    country="DE",
    greetings={"de": "Hallo"},
    knowledge="K",
    lead_fields=(LeadField("email", required=True),),
    consent=Consent({"de": "Ja"}, version="9", required=False),
    pixel_mode="consent",
    model="m",
    limits=Limits(1, 2, 3, 4),
    retention_months=6,
    state="terminated",
)
LEAD = Lead(
    id="01KASB3H00M4X7C2V9B5N8Q1W3",
    site_id="s_demo",
    account_id="a_demo",
    created_at="2026-11-23T10:00:00Z",
    visited_at="2026-11-23T10:00:00Z",
    expires_at=1858586400,
    consent=ConsentEvidence(
        given=True, version="1", text_hash="h", language="nl", method="form", at="t",
        widget_version="1.0.0",
    ),
    contact={"name": "N", "email": "e@example.com", "phone": "+31", "city": "C", "message": "M"},
    subjects=("one", "two"),
    page="/x",
    conversation_id="c_1",
)  # fmt: skip


@pytest.mark.parametrize("site", [FULL_SITE, Site("s_bare", "a_1", "Bare", ())])
def test_a_site_comes_back_as_it_was_saved(world: World, site):
    sites = SiteStore(world.table)
    sites.save(site)
    assert sites.find(site.id) == site


@pytest.mark.parametrize("site_id", ["", "s_demo#", "#", "s_demo/../x", "S_DEMO", "é", "s" * 5_000])
def test_what_is_no_id_of_a_site_finds_none(world: World, site_id):
    assert SiteStore(world.table).find("s_demo") is not None
    assert SiteStore(world.table).find(site_id) is None


@pytest.mark.parametrize(
    "lead",
    [LEAD, replace(LEAD, contact={"email": "e@example.com"}, page=None, conversation_id=None)],
)
def test_a_lead_comes_back_as_it_was_stored_and_is_gone_at_its_second(world: World, lead):
    leads = lead_store(world.table, clock=world.clock)
    assert leads.add(lead, retry=None) == lead.id
    assert leads.find("s_demo", lead.id) == lead
    assert leads.find("s_other", lead.id) is None
    world.clock.advance(seconds=lead.expires_at - world.clock.now.timestamp())
    assert leads.find("s_demo", lead.id) is None


def test_a_mail_is_pending_until_it_is_marked_and_each_person_is_remembered(world: World):
    lead_store(world.table, clock=world.clock).add(LEAD, retry=None)
    outbox = OutboxStore(world.table)
    assert outbox.pending(limit=9) == [LEAD.id]
    mail = outbox.find(LEAD.id)
    assert mail is not None
    outbox.mark_sent_to(mail, "m_1")
    outbox.mark_sent_to(mail, "m_2")
    assert outbox.find(LEAD.id) == replace(mail, sent_to=frozenset({"m_1", "m_2"}))
    outbox.mark_sent(mail)
    assert outbox.pending(limit=9) == []
    assert outbox.find(LEAD.id) == replace(mail, sent_to=frozenset({"m_1", "m_2"}), is_sent=True)


def test_the_oldest_and_the_newest_mails_are_swept_so_that_no_others_hold_them_up(world: World):
    leads = lead_store(world.table, clock=world.clock)
    ids = [f"01KASB3H00M4X7C2V9B5N8Q1W{n}" for n in (5, 3, 9, 7)]
    for lead_id in ids:
        leads.add(replace(LEAD, id=lead_id), retry=None)
    first, second, _, last = sorted(ids)
    assert OutboxStore(world.table).pending(limit=1) == [first, last]
    assert OutboxStore(world.table).pending(limit=2)[:2] == [first, second]


def test_members_of_one_account_are_listed_and_of_no_other(world: World):
    accounts = AccountStore(world.table)
    member = Member("m_1", "a_1", "x@example.com", "agent", "de")
    accounts.save(Account("a_1", "One", state="terminated"))
    accounts.save_member(member)
    accounts.save_member(replace(member, account_id="a_10"))
    assert accounts.list_members("a_1") == [member]
    assert accounts.find("a_1") == Account("a_1", "One", state="terminated")
    assert accounts.find("a_none") is None


# The rate limit's salt


def buckets(world: World) -> set[str]:
    return {row["pk"]["S"] for row in world.rows("rate")}


def check(limiter: RateLimit, **changes: str) -> None:
    call = {"route": "lead", "site_id": "s_1", "network": "203.0.113.0/24"} | changes
    limiter.check(**call, limit=1)


def limiter_of(world: World, salt: bytes) -> RateLimit:
    return RateLimit(table=world.table, clock=world.clock, new_salt=lambda: salt)


def test_two_copies_of_a_function_share_the_days_salt_and_so_the_count(world: World):
    check(limiter_of(world, b"a" * 32))
    with pytest.raises(Problem) as refused:
        check(limiter_of(world, b"b" * 32))
    assert refused.value.code == "too_many_requests"
    assert len(buckets(world)) == 1


@pytest.mark.parametrize(
    "other", [{"route": "turn"}, {"site_id": "s_2"}, {"network": "203.0.114.0/24"}]
)
def test_each_route_site_and_network_is_counted_by_itself(world: World, other):
    limiter = limiter_of(world, b"a" * 32)
    check(limiter)
    check(limiter, **other)
    assert len(buckets(world)) == 2


def test_a_new_day_has_a_new_salt_and_yesterdays_ends_within_a_day(world: World):
    salts = iter([b"a" * 32, b"b" * 32])
    limiter = RateLimit(table=world.table, clock=world.clock, new_salt=lambda: next(salts))
    check(limiter)
    world.clock.advance(hours=14)
    check(limiter)
    rows = {row["sk"]["S"]: row for row in world.rows("rate_salt")}
    assert rows.keys() == {"2026-11-23", "2026-11-24"}
    assert len({row["salt"]["S"] for row in rows.values()}) == 2
    assert int(rows["2026-11-23"]["expires_at"]["N"]) == 1795428000 + 86_400
