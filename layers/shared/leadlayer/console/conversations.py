"""Conversations for staff: listed, read, taken over and answered, given back, deleted."""

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from leadlayer.accounts.store import AccountStore
from leadlayer.chat import staff
from leadlayer.chat.inbox import Inbox
from leadlayer.chat.model import Conversation, Message, State
from leadlayer.chat.store import ConversationStore
from leadlayer.console.access import Routes
from leadlayer.console.deps import Deps
from leadlayer.console.inbox_answers import (
    ConversationSummary,
    ConversationView,
    MessageView,
    conversation_summary,
    conversation_view,
    message_view,
    shown,
)
from leadlayer.console.leads import Day, OneSite, author, colleague_of, erasing, site_ids
from leadlayer.console.lists import Cursor, Limit, Listing, next_cursor, position_of
from leadlayer.console.newest import ids_between, newest
from leadlayer.console.once import Once
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.forms import Opaque, StrictForm, Text
from leadlayer.core.table import Write
from leadlayer.privacy.erasure import Target
from leadlayer.sites.store import SiteStore

InState = Annotated[State | None, Query(description="Only those in this state")]
After = Annotated[Opaque | None, Query(description="Id of the last message that is known")]

_CONVERSATION = "/v1/sites/<site>/conversations/<conversation>"


class ConversationChange(StrictForm):
    """A field that is not there stays; null takes the work from whoever had it."""

    state: State | None = None
    assigned_to: Opaque | None = None


class SayForm(StrictForm):
    text: Text


def add_routes(routes: Routes, deps: Deps) -> None:
    _add_reading(routes, deps)
    _add_changing(routes, deps)
    _add_answering(routes, deps)
    _add_saying(routes, deps)
    _add_deleting(routes, deps)


def _add_reading(routes: Routes, deps: Deps) -> None:
    inbox = Inbox(deps.table)
    sites = SiteStore(deps.table)

    @routes.route(
        "GET",
        "/v1/conversations",
        action="leads.read",
        summary="Conversations of all sites, newest first",
    )
    def list_conversations(
        site: OneSite = None,
        state: InState = None,
        day: Day = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Listing[ConversationSummary]:
        account_id, keyring = routes.caller().account_id, deps.keyring()
        of = f"conversations?site={site}&state={state}&day={day}"
        last = position_of(cursor, of=of, account_id=account_id, keyring=keyring)
        found, seen = newest(
            site_ids(account_id, site, sites),
            ids_between(day, last),
            read=lambda each, ids, most: inbox.newest(each, ids, limit=most),
            is_wanted=lambda conversation: state in (None, conversation.state),
            limit=limit,
        )
        return Listing(
            items=[shown(conversation_summary(each), routes.grant()) for each in found],
            next=next_cursor(seen, of=of, account_id=account_id, keyring=keyring),
        )

    @routes.route(
        "GET", _CONVERSATION, action="leads.read", summary="A conversation with its messages"
    )
    def read_conversation(site: str, conversation: str) -> ConversationView:
        found = _find(inbox, site, conversation)
        return shown(conversation_view(found, inbox.messages(found)), routes.grant())

    @routes.route(
        "GET",
        f"{_CONVERSATION}/messages",
        action="leads.read",
        summary="What was said since a message",
    )
    def list_messages(site: str, conversation: str, after: After = None) -> Listing[MessageView]:
        found = inbox.messages(_find(inbox, site, conversation), after=after or "")
        return Listing(items=[shown(message_view(each), routes.grant()) for each in found])


def _add_changing(routes: Routes, deps: Deps) -> None:
    inbox = Inbox(deps.table)
    conversations = ConversationStore(deps.table, clock=deps.clock)
    colleagues = AccountStore(deps.table)

    @routes.route(
        "PATCH", _CONVERSATION, action="leads.answer", summary="Close, open or assign one"
    )
    def patch_conversation(
        site: str, conversation: str, form: ConversationChange
    ) -> ConversationSummary:
        found = _find(inbox, site, conversation)
        is_colleague = colleague_of(routes.caller(), colleagues)
        if form.assigned_to is not None and not is_colleague(form.assigned_to):
            errors = [{"field": "assigned_to", "reason": "not_a_member"}]
            raise Problem(422, "invalid_request", "Nobody has this id.", errors=errors)
        changed = staff.change(
            found,
            state=form.state or ...,
            assigned_to=form.assigned_to if "assigned_to" in form.model_fields_set else ...,
            conversations=conversations,
        )
        return shown(conversation_summary(changed), routes.grant())


def _add_answering(routes: Routes, deps: Deps) -> None:
    inbox = Inbox(deps.table)
    conversations = ConversationStore(deps.table, clock=deps.clock)

    @routes.route(
        "POST",
        f"{_CONVERSATION}/takeover",
        action="leads.answer",
        summary="Answer the visitor instead of the assistant",
    )
    def take_over(site: str, conversation: str) -> ConversationSummary:
        changed = staff.take_over(
            _find(inbox, site, conversation),
            member_id=author(routes.caller()),
            conversations=conversations,
        )
        return shown(conversation_summary(changed), routes.grant())

    @routes.route(
        "DELETE",
        f"{_CONVERSATION}/takeover",
        action="leads.answer",
        summary="Let the assistant answer again",
    )
    def hand_back(site: str, conversation: str) -> ConversationSummary:
        found = _find(inbox, site, conversation)
        changed = staff.hand_back(found, conversations=conversations)
        return shown(conversation_summary(changed), routes.grant())


def _add_saying(routes: Routes, deps: Deps) -> None:
    inbox, once = Inbox(deps.table), Once(routes, deps)
    conversations = ConversationStore(deps.table, clock=deps.clock)

    @routes.route(
        "POST",
        f"{_CONVERSATION}/messages",
        action="leads.answer",
        summary="Answer the visitor, in a conversation that was taken over",
        status_code=201,
    )
    def say(site: str, conversation: str, form: SayForm) -> MessageView:
        found = _find(inbox, site, conversation)

        def first(message_id: str, follows: Sequence[Write]) -> Message:
            return staff.say(
                found,
                form.text,
                member_id=author(routes.caller()),
                conversations=conversations,
                clock=deps.clock,
                new_id=lambda: message_id,
                follows=follows,
            )

        said = once.answer(first, lambda message_id: inbox.message(found, message_id))
        return shown(message_view(said), routes.grant())


def _add_deleting(routes: Routes, deps: Deps) -> None:
    erase = erasing(routes, deps)

    @routes.route(
        "DELETE",
        _CONVERSATION,
        action="leads.delete",
        summary="Delete a conversation for good; a lead from it stays",
        status_code=204,
    )
    def delete_conversation(site: str, conversation: str) -> Response[str]:
        return erase(Target("conversation", site, conversation))


def _find(inbox: Inbox, site_id: str, conversation_id: str) -> Conversation:
    conversation = inbox.find(site_id, conversation_id)
    if conversation is None:
        raise not_found()
    return conversation
