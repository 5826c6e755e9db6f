"""P07: leads and conversations end after 24 calendar months, served no second longer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlayer.chat.model import Conversation, Message
from leadlayer.chat.store import ConversationStore
from leadlayer.core.clock import Period, add_months, epoch
from leadlayer.core.policy import retention
from leadlayer.core.table import Item, Table
from leadlayer.handover import lead_store
from leadlayer.leads.model import ConsentEvidence, Lead
from leadlayer.privacy.subject import export_subject
from tests.clocks import START
from tests.integration.purge_calls import Rig
from tests.world import World

EXPIRES = 1858586400
VECTORS = [
    ("2026-11-23T10:00:00", "2028-11-23T10:00:00"),
    ("2026-03-01T00:00:00", "2028-03-01T00:00:00"),
    ("2026-02-28T00:00:00", "2028-02-28T00:00:00"),
    ("2024-02-29T00:00:00", "2026-02-28T00:00:00"),
    ("2028-02-29T00:00:00", "2030-02-28T00:00:00"),
]
LEAD = Lead(
    id="01M84MHQZCQW19N6TX7CF3VKDP",
    site_id="s_demo",
    account_id="a_demo",
    created_at="2026-11-23T10:00:00Z",
    visited_at="2026-11-23T10:00:00Z",
    expires_at=EXPIRES,
    consent=ConsentEvidence(
        given=True, version="1", text_hash="h", language="nl", method="form", at="2026-11-23"
    ),
    contact={"email": "noor@example.com"},
    subjects=("subject-1",),
    conversation_id="c_1",
)
CONVERSATION = Conversation(
    id="c_1",
    site_id="s_demo",
    account_id="a_demo",
    language="nl",
    visited_at="2026-11-23T10:00:00Z",
    disclosure_version="1",
    expires_at=EXPIRES,
)


@pytest.mark.parametrize(("begin", "end"), VECTORS)
def test_24_months_are_calendar_months_clamped_to_the_months_last_day(begin: str, end: str):
    since = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    until = datetime.fromisoformat(end).replace(tzinfo=UTC)

    assert retention("lead").expiry(since) == epoch(until)
    assert retention("conversation").expiry(since) == epoch(until)


def test_the_vector_of_the_specification_in_seconds():
    assert epoch(START) == 1795428000
    assert retention("lead").expiry(START) == EXPIRES


def test_twin_730_days_are_not_24_months():
    since = datetime(2026, 3, 1, tzinfo=UTC)

    assert Period(0, timedelta(days=730)).expiry(since) != retention("lead").expiry(since)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year < 9990))
def test_the_end_is_the_same_day_and_time_or_the_months_last(moment: datetime):
    end = add_months(moment, 24)

    assert (end.year, end.month) == (moment.year + 2, moment.month)
    assert end.day in (moment.day, 28)
    assert end.time() == moment.time()


def everything_read(world: World) -> list[object]:
    """What every read path of leads and conversations gives of the one person."""
    conversations = ConversationStore(world.table, clock=world.clock)
    return [
        lead_store(world.table, clock=world.clock).find("s_demo", LEAD.id),
        conversations.find("s_demo", "c_1"),
        list(conversations.history(CONVERSATION)),
        export_subject("a_demo", "subject-1", table=world.table),
        _listed(world),
    ]


def _listed(world: World) -> list[str]:
    from leadlayer.chat.store import ConversationItem

    page = world.table.query_index(ConversationItem, "CONVS#s_demo")
    return [item.pk for item in page.items]


def fill(world: World) -> None:
    lead_store(world.table, clock=world.clock).add(LEAD, retry=None)
    conversations = ConversationStore(world.table, clock=world.clock)
    question = Message("m_1", 1, "visitor", "hoi", "2026-11-23T10:00:00Z")
    conversations.begin(replace(CONVERSATION), question, retry=None)


@pytest.mark.parametrize(("seconds", "is_served"), [(-1, True), (0, False), (1, False)])
def test_an_expired_row_is_served_by_no_read_path_although_it_is_still_there(
    world: World, seconds: int, is_served: bool
):
    fill(world)
    world.clock.now = datetime.fromtimestamp(EXPIRES + seconds, UTC)

    found = everything_read(world)

    assert [bool(part) for part in found] == [is_served] * len(found)
    assert world.rows("lead")
    assert world.rows("message")


def test_twin_a_table_that_does_not_look_at_the_date_is_caught(world: World):
    class Careless(Table):
        def _is_live(self, item: Item) -> bool:
            return True

    fill(world)
    world.clock.now = datetime.fromtimestamp(EXPIRES, UTC)
    careless = replace(world, table=Careless(clock=world.clock))

    assert all(everything_read(careless))


def test_nothing_that_happens_to_a_conversation_moves_its_end(world: World):
    fill(world)
    store = ConversationStore(world.table, clock=world.clock)
    world.clock.advance(days=200)
    turn = replace(CONVERSATION, turns=2)

    assert store.begin(turn, Message("m_2", 2, "visitor", "nog iets", "later"), retry=None)

    dates = {row["expires_at"]["N"] for row in world.rows("message") + world.rows("conversation")}
    assert dates == {str(EXPIRES)}


# What TTL leaves


def overdue(world: World, seconds: int) -> Rig:
    """The second before or after the end, with the purge of the hours before done."""
    rig = Rig(world)
    fill(world)
    rig.at(EXPIRES)
    rig.finish_until_now()
    rig.at(EXPIRES + seconds)
    return rig


@pytest.mark.parametrize(("seconds", "is_there"), [(-1, True), (0, False), (1, False)])
def test_after_the_hourly_purge_no_row_of_it_is_there(world: World, seconds: int, is_there: bool):
    overdue(world, seconds).run()

    for kind in ("lead", "conversation", "message", "subject_ref", "mail"):
        assert bool(world.rows(kind)) == is_there, kind


def test_twin_a_purge_that_never_looks_at_the_day_is_caught(world: World):
    rig = overdue(world, 0)
    world.clock.now += timedelta(days=1)
    rig.finish_until_now()

    rig.run()

    assert world.rows("lead")
    assert world.rows("message")


def test_a_customer_may_shorten_it_and_the_purge_keeps_to_that(world: World):
    sooner = retention("lead", at_most_months=6).expiry(START)
    lead_store(world.table, clock=world.clock).add(
        replace(LEAD, expires_at=sooner, conversation_id=None), retry=None
    )
    rig = Rig(world)
    rig.at(sooner)
    rig.finish_until_now()

    assert rig.run() == {"lead": 1}
