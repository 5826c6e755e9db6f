"""What the fake account has set up: sites, people, keys, webhooks, exports, notices and its log."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from leadlayer.sites.model import LANGUAGES, Site
from leadlayer.sites.settings import promised_months
from leadlayer.sites.texts import DISCLOSURE
from tests.browser_console import demo_data as demo

ROUTE = "GET /v1/sites/<site>/leads/<lead>"
OWNER = "m_noor"


def settings(site: dict[str, Any]) -> dict[str, Any]:
    """A site's settings as they begin, and what the summary says of it."""
    whole = asdict(Site(id=site["id"], account_id="a_kiln", name=site["name"], origins=()))
    months = {"retention_months": None, "retention_months_most": promised_months()}
    notice = "https://shop.example/privacy" if site["collecting"] else ""
    consent = {"texts": {"nl": "Ja, neem contact op.", "en": "Yes, contact me."}, "version": "2"}
    return {
        **{name: value for name, value in whole.items() if name not in {"account_id", "revision"}},
        **site,
        **months,
        "languages": list(LANGUAGES),
        "privacy_notice_url": notice,
        "consent": {**consent, "required": True},
        "knowledge": "We bake tiles and mugs in Utrecht.",
    }


def public(site: dict[str, Any], language: str) -> dict[str, Any]:
    """What every visitor's widget is told."""
    return {
        "site": site["id"],
        "name": site["name"],
        "collecting": site["collecting"],
        "language": language,
        "languages": site["languages"],
        "greeting": "Saved greeting",
        "disclosure": {"text": DISCLOSURE[language], "version": "1"},
        "privacy_notice_url": site["privacy_notice_url"],
        "fields": site["lead_fields"],
        "consent": {"text": "", "required": False, "version": "2"},
        "chat_url": "https://chat.example/v1/chat",
        "pixel_mode": "exempt",
        "link_origins": site["origins"],
    }


def ago(**span: float) -> str:
    return demo.iso(demo.NOW - timedelta(**span))


def ahead(**span: float) -> str:
    return demo.iso(demo.NOW + timedelta(**span))


def member(key: str, name: str, role: str, state: str = "active") -> dict[str, Any]:
    address = demo.EMAIL if key == demo.ME else f"{key.removeprefix('m_')}@kiln.example"
    person = {"id": key, "email": address, "name": name, "role": role}
    return person | {"state": state, "language": "nl"}


def hook(key: str, url: str, state: str = "enabled", *, has_secret: bool = True) -> dict[str, Any]:
    return {
        "id": key,
        "url": url,
        "events": ["lead.created"],
        "state": state,
        "created_at": ago(days=9),
        "failing_since": ago(days=3) if state == "failing" else None,
        "has_secret": has_secret,
    }


def attempt(number: int, *, status: int | None = 200, outcome: str = "delivered") -> dict[str, Any]:
    return {
        "id": f"01TRY{999 - number}",
        "delivery": f"lead_01LEAD{number}",
        "event": "lead.created",
        "at": ago(hours=number),
        "status": status,
        "took_ms": 120 + number,
        "outcome": outcome,
    }


def export(key: str, state: str, *, progress: int = 0, days: int = 7) -> dict[str, Any]:
    return {
        "id": key,
        "format": "json",
        "state": state,
        "progress": progress,
        "bytes": 2_345_678 if state == "ready" else 0,
        "created_at": ago(days=7 - days, minutes=4),
        "expires_at": ahead(days=days),
    }


def notice(key: str, kind: str, *, seen: bool = False) -> dict[str, Any]:
    shown = ago(days=1) if seen else None
    return {"id": key, "kind": kind, "created_at": ago(days=2), "shown_at": shown}


def entry(seq: int, call: str, *, outcome: str = "allowed", actor: str = "") -> dict[str, Any]:
    return {
        "seq": seq,
        "at": ago(minutes=100 - seq),
        "actor": actor or f"member:{demo.COLLEAGUE}",
        "role": "agent",
        "action": "leads.read",
        "call": call,
        "target": "site_shop/01LEAD9997" if "<lead>" in call else "",
        "outcome": outcome,
    }


def view_report(site: str, month: str, *, rounded: bool) -> dict[str, Any]:
    small: int | str = "<10" if rounded else 4
    return {
        "site": site,
        "month": month,
        "total": 166,
        "days": [{"day": f"{month}-01", "views": 162}, {"day": f"{month}-02", "views": small}],
        "paths": [
            {"path": "/tiles/green", "views": 120},
            {"path": "/", "views": 42},
            {"path": "(other)", "views": small},
        ],
    }


@dataclass
class Desk:
    """A test changes the fields."""

    members: list[dict[str, Any]] = field(
        default_factory=lambda: [
            member(demo.ME, "Joris Bakker", "owner"),
            member(OWNER, "Noor de Boer", "owner"),
            member(demo.COLLEAGUE, "Sanne Jansen", "agent"),
            member("m_new", "", "viewer", "invited"),
        ]
    )
    keys: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    hooks: list[dict[str, Any]] = field(
        default_factory=lambda: [
            hook("h_crm", "https://crm.example/hooks/leads"),
            hook("h_old", "https://old.example/in", "failing"),
        ]
    )
    attempts: list[dict[str, Any]] = field(
        default_factory=lambda: [
            attempt(1),
            attempt(2, status=500, outcome="rejected"),
            attempt(3, status=None, outcome="timeout"),
        ]
    )
    exports: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    entries: list[dict[str, Any]] = field(
        default_factory=lambda: [
            entry(63, "DELETE /v1/sites/<site>/leads/<lead>", outcome="denied"),
            *[entry(seq, ROUTE) for seq in range(62, 0, -1)],
        ]
    )
    broken_at: int | None = None
    # Sites as they were changed, by id.
    settings: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
