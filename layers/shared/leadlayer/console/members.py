"""The people of an account: who is in, who is invited, what each may do. Admins leave owners be."""

from collections.abc import Callable

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from leadlayer.accounts.forms import Language
from leadlayer.accounts.model import Member, MemberState, Role, normal_email
from leadlayer.accounts.permissions import Grant
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import Routes, forbidden
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Listing
from leadlayer.core.forms import EmailAddress, StrictForm
from leadlayer.mail.store import mail_row


class InviteForm(StrictForm):
    email: EmailAddress
    role: Role
    language: Language = "en"


class RoleForm(StrictForm):
    role: Role


class MemberView(BaseModel):
    id: str
    email: str
    name: str
    role: Role
    state: MemberState
    language: str


class ColleagueView(BaseModel):
    id: str
    name: str


def add_routes(routes: Routes, deps: Deps) -> None:
    accounts = AccountStore(deps.table)

    @routes.route("GET", "/v1/members", action="people", summary="Who is in and who is invited")
    def list_members() -> Listing[MemberView]:
        found = accounts.list_members(routes.caller().account_id)
        return Listing(items=[_view(member) for member in found])

    @routes.route("POST", "/v1/members", action="people", summary="Invite", status_code=201)
    def invite(form: InviteForm) -> MemberView:
        _may_give(routes.grant(), form.role)
        return _view(_invite(deps, accounts, routes.caller().account_id, form))

    @routes.route("PATCH", "/v1/members/<member>", action="people", summary="Change a role")
    def change_role(member: str, form: RoleForm) -> MemberView:
        grant = routes.grant()
        _may_give(grant, form.role)
        account_id = routes.caller().account_id
        check = _in_reach(grant)
        return _view(accounts.change_role(account_id, member, form.role, check=check))

    @routes.route(
        "DELETE", "/v1/members/<member>", action="people", summary="Remove", status_code=204
    )
    def remove(member: str) -> Response[str]:
        check = _in_reach(routes.grant())
        accounts.remove_member(routes.caller().account_id, member, check=check)
        return Response(204, body="")

    @routes.route(
        "GET",
        "/v1/colleagues",
        action="colleagues.read",
        audited=False,
        summary="Names, to give work to somebody",
    )
    def list_colleagues() -> Listing[ColleagueView]:
        found = accounts.list_members(routes.caller().account_id)
        return Listing(items=[_colleague(member) for member in found])


def _may_give(grant: Grant, role: Role) -> None:
    if grant == "not_owners" and role == "owner":
        raise forbidden()


def _in_reach(grant: Grant) -> Callable[[Member], None]:
    def check(member: Member) -> None:
        _may_give(grant, member.role)

    return check


def _invite(deps: Deps, accounts: AccountStore, account_id: str, form: InviteForm) -> Member:
    email = normal_email(form.email)
    member = Member(
        id=f"m_{deps.new_id()}",
        account_id=account_id,
        email=email,
        role=form.role,
        language=form.language,
        state="invited",
    )
    mail = mail_row(
        "invitation",
        id=deps.new_id(),
        now=deps.clock(),
        account_id=account_id,
        member_id=member.id,
    )
    accounts.add_member(member, person=deps.keyring().person(email), follows=[mail])
    return member


def _view(member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        email=member.email,
        name=member.name,
        role=member.role,
        state=member.state,
        language=member.language,
    )


def _colleague(member: Member) -> ColleagueView:
    return ColleagueView(id=member.id, name=member.name or member.email.partition("@")[0])
