"""API keys: shown once, with a role below an owner's and a last day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from leadlayer.accounts.keys_store import ApiKey, ApiKeyStore
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.lists import Listing
from leadlayer.console.living import while_active
from leadlayer.console.once import Once, shown_once
from leadlayer.core.clock import iso
from leadlayer.core.errors import not_found
from leadlayer.core.forms import Line, StrictForm
from leadlayer.core.table import Write

KeyRole = Literal["admin", "agent", "viewer", "privacy_officer"]


class KeyForm(StrictForm):
    name: Line
    role: KeyRole
    days: Annotated[int, Field(ge=1, le=365)]


class KeyView(BaseModel):
    id: str
    name: str
    role: str
    prefix: str
    created_at: str
    expires_at: str
    last_used_day: str | None


class NewKeyView(KeyView):
    """`key` is shown now and never again."""

    key: str


def add_routes(routes: Routes, deps: Deps) -> None:
    store, once = ApiKeyStore(deps.table, clock=deps.clock), Once(routes, deps)

    @routes.route("GET", "/v1/api-keys", action="credentials", summary="API keys, newest first")
    def list_keys() -> Listing[KeyView]:
        found = store.list(routes.caller().account_id)
        return Listing(items=[_view(key) for key in found])

    @routes.route(
        "POST",
        "/v1/api-keys",
        action="credentials",
        recent=True,
        summary="A new key",
        status_code=201,
    )
    def create(form: KeyForm) -> NewKeyView:
        def first(key_id: str, follows: Sequence[Write]) -> NewKeyView:
            account_id = routes.caller().account_id
            with while_active(deps.table, account_id) as alive:
                token, key = store.create(
                    account_id,
                    name=form.name,
                    role=form.role,
                    days=form.days,
                    key_id=key_id,
                    follows=[*follows, alive],
                )
            return NewKeyView(key=token, **_view(key).model_dump())

        return once.answer(first, shown_once)

    @routes.route(
        "DELETE", "/v1/api-keys/<key>", action="credentials", summary="Revoke", status_code=204
    )
    def revoke(key: str) -> Response[str]:
        if not store.revoke(routes.caller().account_id, key):
            raise not_found()
        return Response(204, body="")


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        role=key.role,
        prefix=key.prefix,
        created_at=key.created_at,
        expires_at=iso(datetime.fromtimestamp(key.expires_at, UTC)),
        last_used_day=key.last_used_day,
    )
