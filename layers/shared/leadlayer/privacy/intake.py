"""Takes in what somebody asks about their data: the same work and answer, known to us or not."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from leadlayer.core.errors import Problem
from leadlayer.core.forms import EmailAddress, Opaque, Phone, StrictForm, Text
from leadlayer.leads.service import normal_contact
from leadlayer.privacy.answers import Right
from leadlayer.privacy.requests import Intake, Requests, public_view
from leadlayer.privacy.requests_codes import Codes
from leadlayer.privacy.requests_model import OPERATOR, Contact, Event, EventName, Request
from leadlayer.sites.model import Site

# Whoever has an account here is known by an address; the country is for numbers without a prefix.
_COUNTRY = "NL"


class RequestForm(StrictForm):
    """The body of POST /v1/privacy/requests. With `site` its customer answers, without one we do:
    that is for people who work at a customer."""

    right: Right
    site: Opaque | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None
    details: Text | None = None
    language: Literal["nl", "en", "de"] | None = None


class CodeForm(StrictForm):
    """The six digits of the mail."""

    code: Opaque


class RequestAccepted(BaseModel):
    """The token lets whoever made the request go on with it; it is shown to nobody else."""

    request: str
    token: str


class RequestStatus(BaseModel):
    """`due` is the last day for an answer. A receipt is there once the request was fulfilled."""

    request: str
    right: str
    state: str
    received_at: str
    due: str
    receipt: str | None


def contact_of(form: RequestForm, site: Site | None) -> Contact:
    """In the one spelling in which data is found. Raises Problem 422 for what nobody can answer."""
    given = {"email": form.email, "phone": form.phone if site is not None else None}
    country = _COUNTRY if site is None else site.country
    known = {name: value for name, value in given.items() if value is not None}
    return Contact(**normal_contact(known, country=country), details=form.details)


@dataclass(frozen=True)
class Reception:
    requests: Requests
    codes: Codes

    def take_in(self, form: RequestForm, request_id: str, site: Site | None) -> Request:
        """Made, routed and asked who it is from; the same id does all of it once. Nothing of
        anybody is looked up, so that neither answer nor wait tells who is known. Raises Problem."""
        contact = contact_of(form, site)
        intake = Intake(
            id=request_id,
            person="platform_user" if site is None else "end_user",
            right=form.right,
            contact=contact,
            language=form.language or (site.language if site else "en"),
            account_id=OPERATOR if site is None else site.account_id,
            site_id=None if site is None else site.id,
        )
        request = self.requests.open(intake)
        if site is not None:
            request = self._do(request, "route")
        request = self._do(request, "ask_identity")
        if contact.email is None:
            # Whoever answers asks by phone who it is.
            return request
        return self.codes.send(request.account_id, request.id, code_id="first")

    def another_code(self, request: Request, code_id: str) -> Request:
        """Raises Problem 409 after five, and when none is asked for."""
        if request.contact is not None and request.contact.email is None:
            raise Problem(409, "request_no_address", "There is no address to send a code to.")
        return self.codes.send(request.account_id, request.id, code_id=code_id)

    def verify(self, request: Request, code: str) -> Request:
        """Raises Problem 403 for any code that is not the one."""
        event_id = f"{request.id}-verify"
        return self.codes.verify(request.account_id, request.id, code, event_id=event_id)

    def withdraw(self, request: Request) -> Request:
        """Raises Problem 409 once it is being carried out."""
        return self._do(request, "withdraw")

    def _do(self, request: Request, name: EventName) -> Request:
        event = Event(f"{request.id}-{name}", name, "subject", "subject")
        return self.requests.apply(request.account_id, request.id, event)


def status(request: Request) -> RequestStatus:
    shown: dict[str, Any] = public_view(request)
    return RequestStatus(**shown, receipt=request.receipt)
