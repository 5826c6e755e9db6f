"""A valid call of every route of the console, and one of everything that a route can name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from leadlayer.accounts.model import Member
from leadlayer.accounts.sessions import SessionStore
from leadlayer.accounts.store import AccountStore
from leadlayer.chat.model import Conversation, Message
from leadlayer.chat.store import ConversationStore
from leadlayer.console.access import Routes, Rule
from leadlayer.console.app import routes_of
from leadlayer.core.ids import ulid
from leadlayer.handover import lead_store
from leadlayer.leads.model import ConsentEvidence, Lead
from leadlayer.notices.store import NoticeStore
from leadlayer.webhooks.model import Delivery, Webhook
from leadlayer.webhooks.store import DeliveryStore, WebhookStore
from tests.console_calls import ConsoleCalls, people
from tests.fakes.requests import Desk
from tests.world import SITE, World

EXPIRES = 1858586400
AT = "2026-11-23T10:00:00Z"


@dataclass(frozen=True)
class Sample:
    """What goes with a call beside its path."""

    body: Any = None
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])


NOTHING = Sample()
_LEAD = "/v1/sites/<site>/leads/<lead>"
_CONVERSATION = "/v1/sites/<site>/conversations/<conversation>"
_WEBHOOK = "/v1/webhooks/<webhook>"

# A new route has to be entered here before the tests of P18 are green.
SAMPLES: Mapping[str, Sample] = {
    "GET /v1/account": NOTHING,
    "PATCH /v1/account": Sample({"name": "Demo B.V."}),
    "PATCH /v1/me": Sample({"name": "Noor", "language": "nl"}),
    "POST /v1/account/termination": Sample({"confirmation": "Demo B.V."}),
    "DELETE /v1/account/termination": NOTHING,
    "GET /v1/sessions": NOTHING,
    "DELETE /v1/sessions/current": NOTHING,
    "DELETE /v1/sessions/<session>": NOTHING,
    "DELETE /v1/sessions": NOTHING,
    "GET /v1/members": NOTHING,
    "POST /v1/members": Sample({"email": "new@shop.example.com", "role": "agent"}),
    "PATCH /v1/members/<member>": Sample({"role": "viewer"}),
    "DELETE /v1/members/<member>": NOTHING,
    "GET /v1/colleagues": NOTHING,
    "GET /v1/api-keys": NOTHING,
    "POST /v1/api-keys": Sample({"name": "CRM", "role": "viewer", "days": 30}),
    "DELETE /v1/api-keys/<key>": NOTHING,
    "GET /v1/sites": NOTHING,
    "POST /v1/sites": Sample({"name": "Shop", "origins": ["https://new.example"]}),
    "GET /v1/sites/<site>": NOTHING,
    "PATCH /v1/sites/<site>": Sample({"name": "Shop"}),
    "PATCH /v1/sites/<site>/retention": Sample({"months": 12}),
    "GET /v1/sites/<site>/consent-texts": NOTHING,
    "GET /v1/leads": NOTHING,
    f"GET {_LEAD}": NOTHING,
    f"PATCH {_LEAD}": Sample({"state": "open"}),
    f"POST {_LEAD}/notes": Sample({"text": "Called back."}),
    f"DELETE {_LEAD}/notes/<note>": NOTHING,
    f"DELETE {_LEAD}": NOTHING,
    "POST /v1/search": Sample({"email": "noor@example.com"}),
    "GET /v1/conversations": NOTHING,
    f"GET {_CONVERSATION}": NOTHING,
    f"GET {_CONVERSATION}/messages": NOTHING,
    f"PATCH {_CONVERSATION}": Sample({"state": "closed"}),
    f"POST {_CONVERSATION}/takeover": NOTHING,
    f"DELETE {_CONVERSATION}/takeover": NOTHING,
    f"POST {_CONVERSATION}/messages": Sample({"text": "Goedemiddag."}),
    f"DELETE {_CONVERSATION}": NOTHING,
    "POST /v1/deletions": Sample({"site": "s_demo", "leads": ["l_1"], "confirmation": "DELETE"}),
    "GET /v1/deletions/<deletion>": NOTHING,
    "GET /v1/views": Sample(query={"site": "s_demo", "month": "2026-11"}),
    "GET /v1/webhooks": NOTHING,
    "POST /v1/webhooks": Sample({"url": "https://127.0.0.1/hook", "events": ["lead.created"]}),
    f"GET {_WEBHOOK}": NOTHING,
    f"PATCH {_WEBHOOK}": Sample({"enabled": False}),
    f"DELETE {_WEBHOOK}": NOTHING,
    f"POST {_WEBHOOK}/secret": NOTHING,
    f"POST {_WEBHOOK}/test": NOTHING,
    f"GET {_WEBHOOK}/deliveries": NOTHING,
    f"POST {_WEBHOOK}/deliveries/<delivery>/retry": NOTHING,
    "GET /v1/exports": NOTHING,
    "POST /v1/exports": Sample({"format": "csv"}),
    "GET /v1/exports/<export>": NOTHING,
    "POST /v1/exports/<export>/link": NOTHING,
    "DELETE /v1/exports/<export>": NOTHING,
    "GET /v1/downloads/<token>": NOTHING,
    "GET /v1/notices": NOTHING,
    "POST /v1/notices/<notice>/shown": NOTHING,
    "GET /v1/audit": NOTHING,
    "GET /v1/audit/verification": NOTHING,
    "GET /v1/requests": NOTHING,
    "GET /v1/requests/<request>": NOTHING,
    "GET /v1/requests/<request>/data": NOTHING,
    "POST /v1/requests/<request>/steps": Sample({"step": "review"}),
    "POST /v1/requests/<request>/denial": Sample({"ground": "excessive"}),
}

# Ids of the right form that nothing has.
MISSING = {
    "site": "s_missing",
    "lead": "01M83XJ88000000000000000MM",
    "note": "01M83XJ88000000000000000MM",
    "conversation": "c_missing",
    "session": "01M83XJ88000000000000000MM",
    "member": "m_missing",
    "key": "01M83XJ88000000000000000MM",
    "deletion": "01M83XJ88000000000000000MM",
    "webhook": "01M83XJ88000000000000000MM",
    "delivery": "lead_01M83XJ88000000000000000MM",
    "export": "01M83XJ88000000000000000MM",
    "token": "x" * 43,
    "notice": "01M83XJ88000000000000000MM",
    "request": "01M83XJ88000000000000000MM",
}


def path_of(rule: Rule, ids: Mapping[str, str]) -> str:
    """The rule's path with ids in it. KeyError for a parameter that nobody has an id for."""
    path = rule.path
    for name, value in ids.items():
        path = path.replace(f"<{name}>", value)
    if "<" in path:
        raise KeyError(path)
    return path


def one_of_everything(calls: ConsoleCalls) -> dict[str, str]:
    """Rows of the demo account for whatever a path may name; each list has two entries or more."""
    world = calls.world
    people(world)
    only_here = Member("m_only_here", "a_demo", "only@shop.example.com", "agent")
    AccountStore(world.table).save_member(only_here)
    lead, conversation = _inbox(world)
    ids = {"site": SITE.id, "lead": lead, "conversation": conversation, "member": only_here.id}
    notes = f"/v1/sites/{SITE.id}/leads/{lead}/notes"
    named = {"site": SITE.id, "leads": [lead], "confirmation": "DELETE"}
    for name, path, body in (
        ("note", notes, {"text": "Called back."}),
        ("key", "/v1/api-keys", {"name": "CRM", "role": "viewer", "days": 30}),
        ("export", "/v1/exports", {"format": "csv"}),
        ("deletion", "/v1/deletions", named),
    ):
        status, made = calls.call("POST", path, body)
        assert status in (201, 202), (path, status, made)
        ids[name] = made["id"]
    notices = NoticeStore(world.table, clock=world.clock)
    notices.add("a_demo", "account_terminated")
    ids["notice"] = notices.add("a_demo", "account_reactivated")
    owner = AccountStore(world.table).find_member("a_demo", "m_owner")
    assert owner is not None
    ids["session"] = SessionStore(world.table, clock=world.clock).create(owner).session.id
    desk = Desk(world)
    desk.open("access")
    ids["request"] = desk.verified(desk.open("erasure")).id
    return ids | _hook(world, lead)


def _inbox(world: World) -> tuple[str, str]:
    """Two conversations, each with a lead."""
    leads = lead_store(world.table, clock=world.clock)
    conversations = ConversationStore(world.table, clock=world.clock)
    found: list[tuple[str, str]] = []
    for number in (1, 2):
        lead_id, conversation_id = ulid(world.clock()), f"c_{number}"
        talk = Conversation(
            id=conversation_id,
            site_id=SITE.id,
            account_id="a_demo",
            language="nl",
            visited_at=AT,
            disclosure_version="1",
            expires_at=EXPIRES,
        )
        conversations.begin(talk, Message("m_1", 1, "visitor", "hoi", AT), retry=None)
        leads.add(replace(_LEAD_OF_NOOR, id=lead_id, conversation_id=conversation_id), retry=None)
        found.append((lead_id, conversation_id))
    return found[-1]


_LEAD_OF_NOOR = Lead(
    id="",
    site_id=SITE.id,
    account_id="a_demo",
    created_at=AT,
    visited_at=AT,
    expires_at=EXPIRES,
    consent=ConsentEvidence(
        given=True, version="1", text_hash="h", language="nl", method="form", at=AT
    ),
    contact={"name": "Noor de Vries", "email": "noor@example.com"},
    subjects=("subject-1",),
)


def _hook(world: World, lead: str) -> dict[str, str]:
    webhook = Webhook(
        id=ulid(world.clock()),
        account_id="a_demo",
        url="https://hooks.example/leads",
        events=("lead.created",),
        created_at=AT,
        secret="sealed",
    )
    WebhookStore(world.table).add(webhook)
    delivery = Delivery(lead, webhook.id, "lead.created", "a_demo", SITE.id, AT)
    DeliveryStore(world.table, clock=world.clock).add(delivery)
    return {"webhook": webhook.id, "delivery": delivery.id}


class _NoDeps:
    """For routes that are only read."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self


def declared() -> Routes:
    return routes_of(_NoDeps())  # pyright: ignore[reportArgumentType]


RULES: Sequence[Rule] = declared().rules
GUARDED = [rule for rule in RULES if rule.action is not None]
WITH_IDS = [rule for rule in GUARDED if "<" in rule.path]


def name_of(rule: Rule) -> str:
    return rule.call


OWN = {key: value for key, value in MISSING.items() if key != "site"}


def ask(calls: ConsoleCalls, rule: Rule, ids: Mapping[str, str], **caller: Any) -> dict[str, Any]:
    sample = SAMPLES[rule.call]
    path = path_of(rule, {"site": "s_demo", **ids})
    return calls.answer(rule.method, path, sample.body, query=sample.query, **caller)


def code_of(answer: dict[str, Any]) -> str:
    try:
        return json.loads(answer["body"])["code"]
    except (ValueError, KeyError, TypeError):
        return ""
