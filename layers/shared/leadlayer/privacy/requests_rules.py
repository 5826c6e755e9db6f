"""The state machine of requests as one table: from where, by what, to where, and only if.

Nothing here reads or writes; `after` says what a request is after an event, or that it is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from leadlayer.core import deadlines
from leadlayer.core.errors import Problem
from leadlayer.privacy.answers import AnswerKind, Facts, Wording
from leadlayer.privacy.catalogue import ENTRIES
from leadlayer.privacy.requests_model import (
    FINAL,
    Decision,
    Event,
    EventName,
    Handling,
    Proposal,
    Request,
    State,
)

# How many one-time codes one request may send: with three tries each, fifteen guesses of a million.
MOST_CODES = 5

# What has to be true; the code of the refusal when it is not.
Guard = Callable[[Request, Event, datetime], bool]
Effect = Callable[[Request, Event, datetime], Request]


@dataclass(frozen=True)
class Rule:
    """`to` is None when the state stays. `answer` is the text that the person gets with it."""

    name: EventName
    sources: frozenset[State]
    to: State | None
    guards: tuple[tuple[str, Guard], ...] = ()
    effect: Effect | None = None
    answer: AnswerKind | None = None


def required(request: Request) -> frozenset[str]:
    """The kinds of rows that have to be handled: all of the person's in the catalogue. What is only
    handed over or changed is what has contents of theirs."""
    owner = "member" if request.person == "platform_user" else "visitor"
    return frozenset(
        entry.kind
        for entry in ENTRIES
        if entry.owner == owner
        and not entry.kind.startswith("request")
        and (request.right == "erasure" or entry.exported)
    )


def _routed_or_ours(request: Request, _event: Event, _now: datetime) -> bool:
    return (request.person == "end_user") == (request.state == "routed")


def _in_time_to_verify(request: Request, _event: Event, now: datetime) -> bool:
    return request.asked_at is None or now < deadlines.identity_awaited_until(request.asked_at)


def _overdue_identity(request: Request, event: Event, now: datetime) -> bool:
    return not _in_time_to_verify(request, event, now)


def _may_propose(request: Request, event: Event, _now: datetime) -> bool:
    return event.decision == "denied" or (
        event.decision == "partially_approved" and request.state == "in_review"
    )


def _decided_by_two(decision: Decision) -> Guard:
    def guard(request: Request, event: Event, _now: datetime) -> bool:
        first = request.proposal
        return (
            first is not None
            and first.decision == decision
            and first.ground == event.ground
            and first.by != event.actor
        )

    return guard


def _months_allowed(_request: Request, event: Event, _now: datetime) -> bool:
    return 1 <= event.months <= deadlines.limit("request_extension").months


def _hours_allowed(_request: Request, event: Event, _now: datetime) -> bool:
    most = deadlines.limit("request_cooling_off").elapsed.total_seconds() / 3600
    return 0 <= event.hours <= most


def _settled(request: Request, _event: Event, _now: datetime) -> bool:
    return required(request) <= request.handled.keys()


def _cooled_off(request: Request, _event: Event, now: datetime) -> bool:
    if request.state == "cooling_off":
        return request.cooling_until is not None and now >= request.cooling_until
    return request.right != "erasure"


def _handling_is_complete(_request: Request, event: Event, _now: datetime) -> bool:
    """Done with a count, or left with a ground; an end without a ground explains nothing."""
    if event.ground is None:
        return event.count >= 0 and event.until is None
    return event.count == 0


_HAS_GROUND: tuple[str, Guard] = ("ground_missing", lambda _r, e, _n: e.ground is not None)
# Two keys of one person would make them two.
_BY_A_PERSON: tuple[str, Guard] = (
    "person_missing",
    lambda _r, e, _n: e.actor.startswith(("member:", "operator:")),
)
_SETTLED: tuple[str, Guard] = ("not_all_handled", _settled)
_CLEAN: tuple[str, Guard] = ("not_clean", lambda r, _e, _n: r.is_clean)
_IDENTITY_IN_TIME: tuple[str, Guard] = ("too_late", _in_time_to_verify)


def _is_erasure(request: Request, _event: Event, _now: datetime) -> bool:
    return request.right == "erasure"


def _verify(request: Request, event: Event, now: datetime) -> Request:
    asked = request.asked_at or now
    due, legal = (
        deadlines.paused(day, received=request.received_at, asked=asked, answered=now)
        for day in (request.due, request.legal)
    )
    return replace(
        request, method=event.method, verified_at=now, due=due, legal=legal, proposal=None
    )


def _extend(request: Request, event: Event, _now: datetime) -> Request:
    due, legal = (deadlines.extended(day, event.months) for day in (request.due, request.legal))
    # The reminders are of the time that there is now.
    return replace(request, due=due, legal=legal, extension=event.reason, reminded=0)


def _propose(request: Request, event: Event, _now: datetime) -> Request:
    if event.decision is None or event.ground is None:
        raise refused("ground_missing")
    return replace(request, proposal=Proposal(event.decision, event.ground, event.actor))


def _settle(request: Request, event: Event, _now: datetime) -> Request:
    handled = {**request.handled, event.kind: Handling(event.count, event.ground, event.until)}
    # Whatever was looked at before has changed since.
    return replace(request, handled=handled, is_clean=False)


def _decide(decision: Decision) -> Effect:
    return lambda r, e, _n: replace(r, decision=decision, decided_by=e.actor)


def _cool_off(request: Request, event: Event, now: datetime) -> Request:
    until = deadlines.cooling_off_until(event.hours, now=now, due=request.due)
    return replace(request, cooling_until=until)


_REVIEW: frozenset[State] = frozenset({"in_review"})
_ASKED: frozenset[State] = frozenset({"identity_pending"})
_APPROVED: frozenset[State] = frozenset({"approved", "partially_approved"})
_STOPPED: frozenset[State] = frozenset({"awaiting_third_party", "failed_retry"})
_MAY_EXECUTE: frozenset[State] = frozenset({"approved", "partially_approved", "cooling_off"})
_WORK: frozenset[State] = frozenset({"executing", "awaiting_third_party"})
_VERIFYING: frozenset[State] = frozenset({"verifying"})
_BEFORE_EXECUTING: frozenset[State] = frozenset(
    {
        "received", "routed", "identity_pending", "verified", "in_review", "extended", "approved",
        "partially_approved", "cooling_off",
    }
)  # fmt: skip

_RULES: tuple[Rule, ...] = (
    Rule(
        "route",
        frozenset({"received"}),
        "routed",
        (("not_for_a_customer", lambda r, _e, _n: r.person == "end_user"),),
    ),
    Rule(
        "ask_identity",
        frozenset({"received", "routed"}),
        "identity_pending",
        (("not_routed", _routed_or_ours),),
        lambda r, _e, n: replace(r, asked_at=n),
    ),
    Rule(
        "send_code",
        _ASKED,
        None,
        (("too_many_codes", lambda r, _e, _n: r.codes < MOST_CODES), _IDENTITY_IN_TIME),
        lambda r, _e, _n: replace(r, codes=r.codes + 1),
    ),
    Rule(
        "verify",
        _ASKED,
        "verified",
        (("method_missing", lambda _r, e, _n: e.method is not None), _IDENTITY_IN_TIME),
        _verify,
    ),
    Rule("expire", _ASKED, "expired", (("too_early", _overdue_identity),), answer="unanswered"),
    Rule("review", frozenset({"verified"}), "in_review"),
    Rule(
        "extend",
        _REVIEW,
        "extended",
        (
            ("extended_before", lambda r, _e, _n: r.extension is None),
            ("reason_missing", lambda _r, e, _n: e.reason is not None),
            ("too_long", _months_allowed),
            ("too_late", lambda r, _e, n: deadlines.may_still_extend(r.due, n)),
        ),
        _extend,
        "extension",
    ),
    Rule("resume_review", frozenset({"extended"}), "in_review"),
    Rule(
        "propose",
        _ASKED | _REVIEW,
        None,
        (_HAS_GROUND, _BY_A_PERSON, ("not_possible", _may_propose)),
        _propose,
    ),
    Rule(
        "deny",
        _ASKED | _REVIEW,
        "denied",
        (_HAS_GROUND, _BY_A_PERSON, ("second_person_missing", _decided_by_two("denied"))),
        _decide("denied"),
        "refusal",
    ),
    Rule(
        "approve",
        _REVIEW,
        "approved",
        (_BY_A_PERSON,),
        lambda r, e, _n: replace(r, decision="approved", decided_by=e.actor, proposal=None),
    ),
    Rule(
        "approve_partially",
        _REVIEW,
        "partially_approved",
        (
            _HAS_GROUND,
            _BY_A_PERSON,
            ("second_person_missing", _decided_by_two("partially_approved")),
        ),
        _decide("partially_approved"),
        "partial",
    ),
    Rule(
        "mark_duplicate",
        _REVIEW,
        "duplicate",
        (("earlier_missing", lambda r, e, _n: bool(e.earlier) and e.earlier != r.id),),
        lambda r, e, _n: replace(r, earlier=e.earlier),
        "duplicate",
    ),
    Rule(
        "cool_off",
        _APPROVED,
        "cooling_off",
        (("only_for_erasure", _is_erasure), ("too_long", _hours_allowed)),
        _cool_off,
    ),
    Rule("execute", _MAY_EXECUTE, "executing", (("cooling_off", _cooled_off),)),
    Rule(
        "settle",
        _WORK | _VERIFYING,
        None,
        (
            ("unknown_kind", lambda r, e, _n: e.kind in required(r)),
            ("handling_incomplete", _handling_is_complete),
        ),
        _settle,
    ),
    Rule(
        "tell",
        _WORK,
        None,
        (("system_missing", lambda _r, e, _n: bool(e.kind)),),
        lambda r, e, _n: replace(r, told=r.told | {e.kind}),
    ),
    Rule("await_third_party", frozenset({"executing"}), "awaiting_third_party"),
    Rule("fail", frozenset({"executing"}), "failed_retry"),
    Rule("resume_execution", _STOPPED, "executing"),
    Rule("begin_verifying", frozenset({"executing"}), "verifying", (_SETTLED,)),
    Rule("scan", _VERIFYING, None, (), lambda r, e, _n: replace(r, is_clean=e.clean)),
    Rule(
        "fulfil",
        _VERIFYING,
        "fulfilled",
        (_SETTLED, _CLEAN, ("only_in_part", lambda r, _e, _n: r.decision == "approved")),
        answer="final",
    ),
    Rule(
        "fulfil_partially",
        _VERIFYING,
        "partially_fulfilled",
        (_SETTLED, _CLEAN, ("not_in_part", lambda r, _e, _n: r.decision == "partially_approved")),
        answer="final",
    ),
    Rule("withdraw", _BEFORE_EXECUTING, "withdrawn"),
)
RULES: Mapping[EventName, Rule] = {rule.name: rule for rule in _RULES}


def after(request: Request, event: Event, now: datetime, *, wording: Wording) -> Request:
    """The request as the event leaves it. Raises Problem 409 when the event may not happen now,
    IncompleteAnswer when the words that the person would get are not all there."""
    if request.is_final:
        raise refused("closed")
    rule = RULES[event.name]
    if request.state not in rule.sources:
        raise refused("not_now")
    for code, holds in rule.guards:
        if not holds(request, event, now):
            raise refused(code)
    changed = request if rule.effect is None else rule.effect(request, event, now)
    changed = replace(
        changed,
        state=rule.to or request.state,
        version=request.version + 1,
        events=request.events | {event.id},
    )
    if rule.answer is not None:
        changed = _answered(changed, event, rule.answer, wording)
    return _closed(changed, now) if changed.state in FINAL else changed


def refused(code: str) -> Problem:
    return Problem(409, f"request_{code}", "This cannot happen to the request now.")


def facts_of(request: Request, event: Event) -> Facts:
    """What the answer says that the event brings; the request is as the event left it."""
    return Facts(request.id, request.right, request.due, event.ground, event.reason, event.earlier)


def _answered(request: Request, event: Event, kind: AnswerKind, wording: Wording) -> Request:
    answer = wording.render(kind, request.language, facts_of(request, event))
    return replace(request, answers={**request.answers, kind: answer.hash})


def _closed(request: Request, now: datetime) -> Request:
    """Whoever asked is from now on a keyed hash."""
    return replace(request, contact=None, proposal=None, closed_at=now)
