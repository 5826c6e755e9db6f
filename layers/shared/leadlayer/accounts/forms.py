"""What the sign-in routes take and answer."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from leadlayer.accounts.model import AccountState, Role
from leadlayer.accounts.sign_in import Choice, SignedIn
from leadlayer.core.clock import iso
from leadlayer.core.forms import EmailAddress, Line, Opaque, StrictForm

# A SHA-256 in base64url without padding, and what it was made of (RFC 7636, 4.1 and 4.2).
Challenge = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
Verifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{43,128}$")]
# Whatever is no token of ours is answered like a used one.
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Language = Literal["nl", "en", "de"]


class SignInForm(StrictForm):
    email: EmailAddress
    language: Language = "en"
    challenge: Challenge


class SignUpForm(SignInForm):
    account_name: Line


class SessionForm(StrictForm):
    token: Token
    verifier: Verifier
    account: Opaque | None = None


class Accepted(BaseModel):
    """The same for known and unknown addresses."""


class AccountShown(BaseModel):
    id: str
    name: str
    state: AccountState


class MemberShown(BaseModel):
    id: str
    role: Role
    language: str


class SessionOpened(BaseModel):
    token: str
    expires_at: str
    account: AccountShown
    member: MemberShown


class AccountOffered(BaseModel):
    id: str
    name: str


class AccountChoice(BaseModel):
    accounts: list[AccountOffered]


def choice_shown(choice: Choice) -> AccountChoice:
    return AccountChoice(
        accounts=[AccountOffered(id=account.id, name=account.name) for account in choice.accounts]
    )


def session_shown(done: SignedIn) -> SessionOpened:
    account, member = done.account, done.member
    return SessionOpened(
        token=done.token,
        expires_at=iso(datetime.fromtimestamp(done.expires_at, UTC)),
        account=AccountShown(id=account.id, name=account.name, state=account.state),
        member=MemberShown(id=member.id, role=member.role, language=member.language),
    )
