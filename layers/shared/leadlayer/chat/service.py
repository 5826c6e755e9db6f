"""Decides who may ask, that the model is asked once, and what the visitor sees of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from leadlayer.chat.answer import Answer, likely_tokens
from leadlayer.chat.model import (
    CONVERSATION_GONE,
    ChatEvent,
    ChatForm,
    Conversation,
    Delta,
    Done,
    Failed,
    LeadCaptured,
    LeftToStaff,
    Message,
    ModelFailed,
    Reservation,
    SiteBrief,
    Started,
    Turn,
)
from leadlayer.chat.placeholders import without_secrets
from leadlayer.chat.ports import Desk
from leadlayer.core import log
from leadlayer.core.clock import iso, to_hour
from leadlayer.core.crypto import check_conversation_token
from leadlayer.core.errors import Problem, not_found
from leadlayer.core.jobs import Job, send_or_leave
from leadlayer.core.paths import scrub_path
from leadlayer.core.policy import retention

# The function's own limit is 60 s; what is left is for storing the answer.
ANSWER_TIME = timedelta(seconds=45)
_WAIT_TIME = timedelta(seconds=25)
_POLL_S = 0.4
# Many for a talk with a person, few for somebody who fills a table.
MOST_STAFF_TURNS = 500
_SETTLED = ("answered", "human")


def open_turn(
    form: ChatForm, *, site: SiteBrief, retry: tuple[str, str] | None, desk: Desk
) -> Turn:
    """The turn that this message is: a new one, or the one that a retry means.

    `retry` is the HMAC of the Idempotency-Key and of the body. Raises Problem: invalid token,
    conversation full or busy, the day's limit, or a key used for another body.
    """
    if retry is not None and (known := desk.conversations.find_turn(site.site_id, *retry)):
        return _resume(known, site, desk)
    now = desk.clock()
    conversation = _conversation(form, site, desk)
    message = Message(
        id=desk.new_id(),
        turn=conversation.turns,
        role="visitor",
        text=without_secrets(form.message),
        at=iso(now),
    )
    turn = _turn(conversation, retry)
    if turn.state == "human":
        is_begun = desk.conversations.begin(conversation, message, retry=retry)
        return turn if is_begun else _refused(conversation, site, retry, desk)
    reserved = _reserve(site, conversation, desk, asked=message.text)
    if not desk.conversations.begin(conversation, message, retry=retry):
        desk.budget.cancel(site, reserved)
        return _refused(conversation, site, retry, desk)
    return replace(turn, reserved=reserved)


def answer_turn(turn: Turn, *, site: SiteBrief, desk: Desk) -> Iterator[ChatEvent]:
    """The events of a turn. Never raises: after `Started` a failure is an event, then the end."""
    conversation = turn.conversation
    yield Started(
        conversation.id, desk.keyring.conversation_token(conversation.site_id, conversation.id)
    )
    match turn.state:
        case "asking":
            yield from _ask(turn, site, desk)
        case "answered" | "human":
            yield from _replay(turn)
        case _:
            yield from _wait(turn, desk)


def delete_conversation(conversation_id: str, *, site_id: str, token: str, desk: Desk) -> None:
    """The visitor deletes the conversation: it is gone at once, and its rows, exports and whatever
    else holds it follow in the background. Raises Problem for a wrong token; a deleted conversation
    answers like one that never was."""
    check_conversation_token(desk.keyring, site_id, conversation_id, token)
    conversation = desk.conversations.find(site_id, conversation_id)
    if conversation is None:
        raise not_found()
    desk.going(conversation)
    if not desk.conversations.shut(conversation, wish_id=desk.new_id()):
        # Staff was quicker.
        raise not_found()
    send_or_leave(desk.jobs, Job("erasure", conversation.account_id, conversation.id, site_id))


def _conversation(form: ChatForm, site: SiteBrief, desk: Desk) -> Conversation:
    if form.conversation is None:
        return _new_conversation(form, site, desk)
    check_conversation_token(desk.keyring, site.site_id, form.conversation, form.token)
    found = desk.conversations.find(site.site_id, form.conversation)
    if found is None:
        raise not_found()
    if _is_full(found, site):
        raise Problem(409, "conversation_full", "This conversation has reached its length.")
    return replace(
        found,
        turns=found.turns + 1,
        staff_turns=found.staff_turns + (found.mode == "human"),
        last_message_at=iso(desk.clock()),
    )


def _is_full(conversation: Conversation, site: SiteBrief) -> bool:
    """The site's limit is for what a model costs; a talk with staff must not end in the middle."""
    if conversation.mode == "human":
        return conversation.staff_turns >= MOST_STAFF_TURNS
    return conversation.turns - conversation.staff_turns >= site.turns_per_conversation


def _turn(conversation: Conversation, retry: tuple[str, str] | None) -> Turn:
    key, body = retry or (None, "")
    state = "human" if conversation.mode == "human" else "asking"
    return Turn(conversation, conversation.turns, key, body, state=state)


def _new_conversation(form: ChatForm, site: SiteBrief, desk: Desk) -> Conversation:
    now = desk.clock()
    kept = retention("conversation", at_most_months=site.retention_months)
    return Conversation(
        id=desk.new_id(),
        site_id=site.site_id,
        account_id=site.account_id,
        # The site's, not the form's: the site may not speak what the visitor asked for.
        language=site.language,
        visited_at=to_hour(now),
        disclosure_version=site.disclosure_version,
        expires_at=kept.expiry(now),
        page=None if form.page is None else scrub_path(form.page),
        last_message_at=iso(now),
    )


def _refused(
    conversation: Conversation, site: SiteBrief, retry: tuple[str, str] | None, desk: Desk
) -> Turn:
    """Somebody else was first: the same message sent twice, or another message of the visitor."""
    if retry is not None and (known := desk.conversations.find_turn(site.site_id, *retry)):
        return known if known.state in _SETTLED else replace(known, state="elsewhere")
    if desk.conversations.find(conversation.site_id, conversation.id) is None:
        raise not_found()
    raise Problem(
        409, "conversation_busy", "The last message is still being answered.", retry_after_s=2
    )


def _resume(known: Turn, site: SiteBrief, desk: Desk) -> Turn:
    """A retry of a message whose answer is there, on its way, or failed."""
    if known.state in _SETTLED:
        return known
    if not desk.conversations.retake(known):
        return replace(known, state="elsewhere")
    if known.conversation.mode == "human":
        return replace(known, state="human")
    try:
        # Asking again costs as much as asking: a visitor whose answers fail cannot ask for free.
        reserved = _reserve(site, known.conversation, desk)
    except Problem:
        desk.conversations.fail(known)
        raise
    return replace(known, state="asking", reserved=reserved)


def _reserve(
    site: SiteBrief, conversation: Conversation, desk: Desk, *, asked: str = ""
) -> Reservation:
    """Set aside what the turn may cost: it reads the site's knowledge and what was said so far."""
    is_new = conversation.turns == 1 and asked
    said = [] if is_new else [message.text for message in desk.conversations.history(conversation)]
    tokens = likely_tokens(site, language=conversation.language, texts=[*said, asked])
    reserved = desk.budget.reserve(site, tokens=tokens)
    if reserved is None:
        raise Problem(429, "daily_limit_reached", "This site's limit for today is reached.")
    return reserved


def _ask(turn: Turn, site: SiteBrief, desk: Desk) -> Iterator[ChatEvent]:
    answer = Answer(turn, site=site, desk=desk)
    end: Done | Failed = Failed("internal", retryable=True)
    try:
        yield from answer.events(deadline=desk.clock() + ANSWER_TIME)
        end = _keep(turn, answer, desk)
    except ModelFailed as failure:
        log.event("model_failed", level="warning", code=failure.code, site=site.site_id)
        end = Failed(failure.code, retryable=failure.retryable)
    except Exception as error:  # noqa: BLE001  # a stream has begun: all that is left is an event
        log.failure("answer_failed", error, site=site.site_id)
    finally:
        # Before the visitor hears of it: the next try must not find the door still locked.
        _close(turn, answer, site, desk, is_stored=isinstance(end, Done))
    yield end


def _keep(turn: Turn, answer: Answer, desk: Desk) -> Done | Failed:
    if desk.conversations.finish(turn, answer.message(), changed=answer.conversation):
        return Done()
    return Failed(CONVERSATION_GONE, retryable=False)


def _close(turn: Turn, answer: Answer, site: SiteBrief, desk: Desk, *, is_stored: bool) -> None:
    """Unlock and settle. A store that is down frees both by itself: the lease ends, the day too."""
    try:
        if not is_stored:
            desk.conversations.fail(turn)
    except Exception as error:  # noqa: BLE001  # the visitor is still to be told how it ended
        log.failure("unlock_failed", error, site=site.site_id)
    try:
        if turn.reserved is not None:
            desk.budget.settle(site, turn.reserved, used=answer.usage)
    except Exception as error:  # noqa: BLE001  # as above
        log.failure("settle_failed", error, site=site.site_id)


def _replay(turn: Turn) -> Iterator[ChatEvent]:
    if turn.state == "human":
        yield from (LeftToStaff(), Done())
        return
    yield Delta(turn.reply or "")
    if turn.conversation.lead_id is not None:
        yield LeadCaptured(turn.conversation.lead_id)
    yield Done()


def _wait(turn: Turn, desk: Desk) -> Iterator[ChatEvent]:
    """Another request is asking this very question: wait for its answer instead of asking again."""
    until = desk.clock() + _WAIT_TIME
    key, body = turn.retry_key or "", turn.body
    while desk.clock() < until:
        desk.sleep(_POLL_S)
        known = desk.conversations.find_turn(turn.conversation.site_id, key, body)
        if known is None or known.state == "failed":
            break
        if known.state in _SETTLED:
            yield from _replay(known)
            return
    yield Failed("answer_not_ready", retryable=True)
