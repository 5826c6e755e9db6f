"""How requests are shown to whoever answers them: contact details only of the one that is open."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from leadlayer.core.clock import iso
from leadlayer.privacy.requests_model import Request

# Of more, the rest is in the package that the person gets.
_MOST_ROWS = 500


class RequestSummary(BaseModel):
    """`due` is the last day for an answer."""

    id: str
    right: str
    state: str
    site: str | None
    received_at: str
    due: str
    closed_at: str | None


class ContactView(BaseModel):
    email: str | None
    phone: str | None
    details: str | None


class ProposalView(BaseModel):
    """What one person wants to decide, and another has to."""

    decision: str
    ground: str
    by: str


class HandlingView(BaseModel):
    """How many rows of a kind were done, or on what ground they stay."""

    kind: str
    count: int
    ground: str | None
    until: str | None


class RequestView(RequestSummary):
    """`legal` is the day by the law's own count. `contact` is gone once the request is closed."""

    language: str
    legal: str
    contact: ContactView | None
    verified_at: str | None
    method: str | None
    extension: str | None
    proposal: ProposalView | None
    decision: str | None
    decided_by: str | None
    earlier: str | None
    reopens: str | None
    cooling_until: str | None
    handled: list[HandlingView]
    told: list[str]


class DataView(BaseModel):
    """The person's rows, each with its `type`. `more`: there are more than one answer holds."""

    items: list[dict[str, Any]]
    more: bool


def summary(request: Request) -> RequestSummary:
    return RequestSummary(**_summed(request))


def request_view(request: Request) -> RequestView:
    contact, proposal = request.contact, request.proposal
    return RequestView(
        **_summed(request),
        language=request.language,
        legal=request.legal.isoformat(),
        contact=None if contact is None else ContactView(**asdict(contact)),
        verified_at=iso(request.verified_at) if request.verified_at else None,
        method=request.method,
        extension=request.extension,
        proposal=None if proposal is None else ProposalView(**asdict(proposal)),
        decision=request.decision,
        decided_by=request.decided_by,
        earlier=request.earlier,
        reopens=request.reopens,
        cooling_until=iso(request.cooling_until) if request.cooling_until else None,
        handled=[
            HandlingView(
                kind=kind,
                count=each.count,
                ground=each.ground,
                until=each.until.isoformat() if each.until else None,
            )
            for kind, each in sorted(request.handled.items())
        ],
        told=sorted(request.told),
    )


def data_view(rows: Sequence[dict[str, Any]]) -> DataView:
    return DataView(items=list(rows[:_MOST_ROWS]), more=len(rows) > _MOST_ROWS)


def _summed(request: Request) -> dict[str, Any]:
    return {
        "id": request.id,
        "right": request.right,
        "state": request.state,
        "site": request.site_id,
        "received_at": iso(request.received_at),
        "due": request.due.isoformat(),
        "closed_at": iso(request.closed_at) if request.closed_at else None,
    }
