"""The people of an account: who is in, who is invited, what each may do. Admins leave owners be."""

from collections.abc import Callable, Sequence

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from leadlayer.accounts.forms import Language
from leadlayer.accounts.model import Member, MemberState, Role, normal_email
from leadlayer.accounts.permissions import Grant
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import Routes, forbidden
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Listing
from leadlayer.console.once import Once
from leadlayer.core.forms import EmailAddress, StrictForm
from leadlayer.core.rate_limit import DAY, RateLimit
from leadlayer.core.table import Write
from leadlayer.mail.store import mail_row

# A day, from whichever accounts: nobody's mailbox is filled through us.
INVITATIONS_PER_ADDRESS = 3
INVITATIONS_PER_ACCOUNT = 50


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
    _add_inviting(routes, deps, accounts)

    @routes.route("GET", "/v1/members", action="people", summary="Who is in and who is invited")
    def list_members() -> Listing[MemberView]:
        found = accounts.list_members(routes.caller().account_id)
        return Listing(items=[_view(member) for member in found])

    @routes.route(
        "PATCH", "/v1/members/<member>", action="people", recent=True, summary="Change a role"
    )
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
        account_id, in_reach = routes.caller().account_id, _in_reach(routes.grant())

        def check(going: Member) -> None:
            in_reach(going)
            if not _is_last_owner(going, accounts):
                # Before they go: a restored copy would let them in again.
                deps.ledger.record(account_id, "remove_member", going.id)

        accounts.remove_member(account_id, member, check=check)
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


def _add_inviting(routes: Routes, deps: Deps, accounts: AccountStore) -> None:
    once = Once(routes, deps)
    rate = RateLimit(table=deps.table, clock=deps.clock)

    @routes.route(
        "POST", "/v1/members", action="people", recent=True, summary="Invite", status_code=201
    )
    def invite(form: InviteForm) -> MemberView:
        _may_give(routes.grant(), form.role)
        account_id = routes.caller().account_id

        def first(member_id: str, follows: Sequence[Write]) -> Member:
            invited = _invited(member_id, account_id, form)
            _count_invitation(rate, invited)
            return _invite(deps, accounts, invited, follows)

        return _view(
            once.answer(
                first,
                lambda member_id: accounts.find_member(account_id, member_id),
                new_id=lambda: f"m_{deps.new_id()}",
            )
        )


def _is_last_owner(member: Member, accounts: AccountStore) -> bool:
    """Whom the store will not let go."""
    present = accounts.list_members(member.account_id)
    owners = [each.id for each in present if (each.role, each.state) == ("owner", "active")]
    return owners == [member.id]


def _may_give(grant: Grant, role: Role) -> None:
    if grant == "not_owners" and role == "owner":
        raise forbidden()


def _in_reach(grant: Grant) -> Callable[[Member], None]:
    def check(member: Member) -> None:
        _may_give(grant, member.role)

    return check


def _invited(member_id: str, account_id: str, form: InviteForm) -> Member:
    return Member(
        id=member_id,
        account_id=account_id,
        email=normal_email(form.email),
        role=form.role,
        language=form.language,
        state="invited",
    )


def _count_invitation(rate: RateLimit, member: Member) -> None:
    """Counts beside the member, so that whoever is removed again has still been invited."""
    limits = (
        ("invitations", member.account_id, "", INVITATIONS_PER_ACCOUNT),
        ("invited", "", member.email, INVITATIONS_PER_ADDRESS),
    )
    for route, account_id, address, limit in limits:
        rate.check(route=route, site_id=account_id, network=address, limit=limit, window=DAY)


def _invite(deps: Deps, accounts: AccountStore, member: Member, follows: Sequence[Write]) -> Member:
    mail = mail_row(
        "invitation",
        id=deps.new_id(),
        now=deps.clock(),
        account_id=member.account_id,
        member_id=member.id,
    )
    person = deps.keyring().person(member.email)
    accounts.add_member(member, person=person, follows=[mail, *follows])
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
