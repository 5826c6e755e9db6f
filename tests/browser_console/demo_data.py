"""What the fake account holds: sites, colleagues, leads and conversations of a small company."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leadlayer.accounts.model import Role
from leadlayer.accounts.permissions import AFTER_TERMINATION, MATRIX

NOW = datetime.now(UTC).replace(microsecond=0)
KEPT = timedelta(days=730)
SITE, OTHER_SITE = "site_shop", "site_blog"
ME, COLLEAGUE = "m_me", "m_sanne"
EMAIL = "joris@kiln.example"

PEOPLE = [
    ("Noor de Wit", "noor@example.nl", "+31612345678", "Utrecht"),
    ("Bram Visser", "bram.visser@example.com", None, "Amsterdam"),
    ("Anna Schmidt", "anna@example.de", "+4915112345678", "Köln"),
    ("Liam O'Connor", "liam@example.ie", None, None),
    ("Maartje van den Heuvel-Broekhuizen", "maartje.vandenheuvel@example.nl", None, "Delft"),
    ("Yusuf Demir", None, "+31687654321", "Rotterdam"),
    (None, "info@example.org", None, None),
]
WISHES = [
    "Do you also glaze tiles in other colours? I am looking for a deep green, about 12 m².",
    "Could I get a quote for forty mugs with our logo, before Christmas if that is possible?",
    "Liefern Sie auch nach Deutschland?",
    None,
    "Is the workshop on Saturday still open for two people?",
    "Please call me back after five.",
    "<img src=x onerror=alert(1)> <b>Hello</b>",
]
STATES = ["new", "new", "open", "won", "open", "lost", "closed"]


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def account(role: Role, *, state: str = "active") -> dict[str, Any]:
    ended = state != "active"
    return {
        "id": "a_kiln",
        "name": "Kiln & Co.",
        "state": state,
        "terminated_at": iso(NOW - timedelta(days=2)) if ended else None,
        "export_until": iso(NOW + timedelta(days=88)) if ended else None,
        "member": {
            "id": ME,
            "email": EMAIL,
            "name": "Joris Bakker",
            "role": role,
            "language": "en",
        },
        "role": role,
        "actions": {
            action: grants[role]
            for action, grants in MATRIX.items()
            if role in grants and (not ended or action in AFTER_TERMINATION)
        },
        "recent_until": iso(NOW + timedelta(minutes=10)),
        "api_key": False,
    }


def site(key: str, name: str) -> dict[str, Any]:
    return {
        "id": key,
        "name": name,
        "origins": ["https://shop.example"],
        "language": "nl",
        "pixel_mode": "exempt",
        "state": "active",
        "collecting": True,
    }


def lead(number: int) -> dict[str, Any]:
    name, email, phone, city = PEOPLE[number % len(PEOPLE)]
    came = NOW - timedelta(hours=5 * number * number, minutes=7)
    return {
        "id": f"01LEAD{9999 - number}",
        "site": SITE if number % 3 else OTHER_SITE,
        "state": STATES[number % len(STATES)],
        "assigned_to": COLLEAGUE if number % 4 == 2 else None,
        "created_at": iso(came),
        "visited_at": iso(came.replace(minute=0, second=0)),
        "expires_at": iso(came + KEPT),
        "name": name,
        "email": email,
        "phone": phone,
        "city": city,
        "message": WISHES[number % len(WISHES)],
        "page": "/tiles/green",
        "conversation": f"01CONV{9999 - number}" if number % 2 == 0 else None,
        "language": "nl",
        "consent": {
            "given": number % 5 != 4,
            "version": "2",
            "text_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "language": "nl",
            "method": "form",
            "at": iso(came),
        },
        "notes": [],
    }


def masked(one: dict[str, Any]) -> dict[str, Any]:
    """As a viewer gets it."""
    return one | {
        "masked": True,
        "message": None,
        "name": one["name"] and one["name"][0] + "…",
        "email": one["email"] and one["email"][0] + "…@e…",
        "phone": one["phone"] and "…" + one["phone"][-2:],
        "notes": [],
    }


def conversation(number: int) -> dict[str, Any]:
    began = NOW - timedelta(hours=3 * number * number, minutes=9)
    return {
        "id": f"01CONV{9999 - number}",
        "site": SITE if number % 3 else OTHER_SITE,
        "mode": "human" if number == 2 else "ai",
        "state": "closed" if number > 4 else "open",
        "assigned_to": None,
        "taken_by": COLLEAGUE if number == 2 else None,
        "started_at": iso(began),
        "visited_at": iso(began.replace(minute=0, second=0)),
        "last_message_at": iso(began + timedelta(minutes=4)),
        "turns": 2 + number,
        "page": "/tiles/green",
        "language": "nl",
        "lead": f"01LEAD{9999 - number}" if number % 2 == 0 else None,
        "expires_at": iso(began + KEPT),
    }


SAID = [
    ("visitor", "Hi! Do you also glaze tiles in other colours?"),
    (
        "assistant",
        (
            "Yes. Besides the colours in the shop we glaze to order from 5 m². "
            "Which colour do you have in mind?"
        ),
    ),
    (
        "visitor",
        (
            "A deep green, about 12 m². It is for a bathroom, so it should not be slippery.\n"
            "What would it cost?"
        ),
    ),
    (
        "assistant",
        (
            "For bathrooms we use a matt glaze, which is less slippery. I cannot name a price for "
            "a custom colour; a colleague can. Would you like to leave your e-mail address?"
        ),
    ),
]


def messages(of: dict[str, Any]) -> list[dict[str, Any]]:
    began = datetime.fromisoformat(of["started_at"])
    return [
        {
            "id": f"{of['id']}M{number}",
            "role": role,
            "text": text,
            "at": iso(began + timedelta(minutes=number)),
        }
        for number, (role, text) in enumerate(SAID)
    ]
