"""P10: seven rights for both kinds of people through one state machine, and its ten invariants.

NOT HERE YET: the way in over HTTP, the package of an access request (invariant 9) and the work that
each right does on the rows are the next step's; what is shown is what they stand on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from leadlayer.audit.service import verified as verified_chain
from leadlayer.core.errors import Problem
from leadlayer.core.policy import retention
from leadlayer.privacy import requests_rules
from leadlayer.privacy.answers import Right
from leadlayer.privacy.catalogue import ENTRIES
from leadlayer.privacy.receipt import verified as verified_receipt
from leadlayer.privacy.requests import check_disclosable, public_view
from leadlayer.privacy.requests_model import FINAL, UNVERIFIED, Person, State
from leadlayer.privacy.requests_rules import RULES, required
from tests.fakes.request_walks import BEGINNINGS, RIGHTS, STEPS, Walk, walked
from tests.fakes.requests import EMAIL, FIRST, SECOND, SIGNER, Desk
from tests.repo.template import load
from tests.world import World

ALL_RIGHTS: tuple[Right, ...] = get_args(Right)
STATES: tuple[State, ...] = get_args(State)
# What the specification draws, state by state.
DRAWN: dict[str, set[str]] = {
    "received": {"routed", "identity_pending", "withdrawn"},
    "routed": {"identity_pending", "withdrawn"},
    "identity_pending": {"verified", "expired", "denied", "withdrawn"},
    "verified": {"in_review", "withdrawn"},
    "in_review": {
        "extended", "approved", "partially_approved", "denied", "duplicate", "withdrawn",
    },
    "extended": {"in_review", "withdrawn"},
    "approved": {"cooling_off", "executing", "withdrawn"},
    "partially_approved": {"cooling_off", "executing", "withdrawn"},
    "cooling_off": {"executing", "withdrawn"},
    "executing": {"awaiting_third_party", "failed_retry", "verifying"},
    "awaiting_third_party": {"executing"},
    "failed_retry": {"executing"},
    "verifying": {"fulfilled", "partially_fulfilled"},
}  # fmt: skip
FROM_EXECUTING = {"executing", "awaiting_third_party", "failed_retry", "verifying"}


def test_the_table_is_the_machine_that_was_specified():
    ours: dict[str, set[str]] = {state: set() for state in STATES if state not in FINAL}
    for rule in RULES.values():
        for source in rule.sources:
            ours[source] |= {rule.to} if rule.to else set()

    assert ours == DRAWN


@pytest.mark.parametrize("person", ["platform_user", "end_user"])
@pytest.mark.parametrize("right", ALL_RIGHTS)
def test_every_right_of_both_kinds_of_people_comes_to_an_end(
    world: World, right: Right, person: Person
):
    closed = Desk(world).fulfilled(Desk(world).open(right, person))

    said = verified_receipt((closed.receipt or "").encode(), SIGNER.public_key)
    assert (closed.state, said["right"]) == ("fulfilled", right)
    assert "canary" not in str(world.rows("request"))


def invariants(walk: Walk) -> None:
    nothing_is_shown_before_it_is_verified(walk)
    only_an_extension_or_a_pause_moves_the_due_date(walk)
    what_is_final_stays(walk)
    two_people_decide_against_somebody(walk)
    nothing_stops_an_erasure_that_has_begun(walk)
    fulfilled_means_all_handled_and_clean(walk)
    every_step_is_one_entry(walk)
    a_closed_request_knows_nobody(walk)


def nothing_is_shown_before_it_is_verified(walk: Walk) -> None:
    seen_verify = False
    for event, _, after in walk.happened:
        seen_verify |= event.name == "verify"
        if after.state in UNVERIFIED:
            assert public_view(after) == public_view(walk.first)
        assert _is_disclosable(after) == seen_verify


def only_an_extension_or_a_pause_moves_the_due_date(walk: Walk) -> None:
    extensions = [event for event, _, _ in walk.happened if event.name == "extend"]
    assert len(extensions) <= 1
    for event, before, after in walk.happened:
        if event.name not in ("extend", "verify"):
            assert (after.due, after.legal) == (before.due, before.legal)
        assert after.due <= after.legal
    # Two months, and thirty days of waiting for an identity.
    assert (walk.now.due - walk.first.due).days <= 62 + 30


def what_is_final_stays(walk: Walk) -> None:
    for _, before, after in walk.happened:
        assert before.state not in FINAL
        assert (after.closed_at is not None) == (after.state in FINAL)


def two_people_decide_against_somebody(walk: Walk) -> None:
    proposed = None
    for event, _, after in walk.happened:
        if event.name == "propose":
            proposed = event
        if event.name in ("deny", "approve_partially"):
            assert proposed is not None
            assert event.actor.startswith("member:")
            assert proposed.actor != event.actor
            assert event.ground == proposed.ground is not None
            assert after.answers.keys() & {"refusal", "partial"}
    assert walk.now.state != "partially_fulfilled" or "partial" in walk.now.answers


def nothing_stops_an_erasure_that_has_begun(walk: Walk) -> None:
    states = [after.state for _, _, after in walk.happened]
    if "executing" in states:
        later = set(states[states.index("executing") :])
        assert later <= FROM_EXECUTING | {"fulfilled", "partially_fulfilled"}
    if walk.right == "erasure" and "executing" in states:
        assert states[states.index("executing") - 1] == "cooling_off"


def fulfilled_means_all_handled_and_clean(walk: Walk) -> None:
    done = walk.now
    if done.state not in ("fulfilled", "partially_fulfilled"):
        assert done.receipt is None
        return
    assert required(done) <= done.handled.keys()
    looked = [event for event, _, _ in walk.happened if event.name in ("settle", "scan")]
    assert looked[-1].name == "scan"
    assert looked[-1].clean
    assert verified_receipt((done.receipt or "").encode(), SIGNER.public_key)["request"] == "r_1"
    assert "final" in done.answers


def every_step_is_one_entry(walk: Walk) -> None:
    entries = walk.rows.entries.entries
    # The opening is one as well.
    assert len(entries) == len(walk.happened) + 1 == walk.now.version + 1
    assert [e.action for e in entries[1:]] == [f"request.{e.name}" for e, _, _ in walk.happened]
    head = walk.rows.entries.head("a_demo")
    assert verified_chain(entries, head=head, now=walk.clock()).intact
    assert EMAIL not in str(entries)


def a_closed_request_knows_nobody(walk: Walk) -> None:
    assert (walk.now.contact is None) == walk.now.is_final
    assert EMAIL not in (walk.now.receipt or "")
    assert walk.now.requester == walk.first.requester
    with pytest.raises(Problem):
        walk.requests.find("a_other", "r_1")


def _is_disclosable(request: Any) -> bool:
    try:
        check_disclosable(request)
    except Problem:
        return False
    return True


@given(RIGHTS, st.sampled_from(list(BEGINNINGS)), st.lists(STEPS, max_size=25))
@settings(max_examples=100, deadline=None)
def test_the_invariants_hold_over_any_events_twice_and_by_two(right: Any, begun: str, steps: Any):
    invariants(walked(right, begun, steps))


# A duplicate needs a second request, and nobody is awaited for thirty days in a walk.
REACHED = sorted(set(STATES) - {"received", "duplicate", "expired"})
WALKS = st.tuples(RIGHTS, st.sampled_from(list(BEGINNINGS)), st.lists(STEPS, max_size=25))
# The first that is found will do, so it is not made any shorter.
SEARCH = settings(max_examples=3000, deadline=None, database=None, phases=[Phase.generate])


def test_the_walks_reach_every_state_that_a_walk_can():
    """So that the invariants are not true of nothing."""
    reached: set[str] = set()

    def leads_to(state: str) -> Callable[[tuple[Any, str, Any]], bool]:
        def condition(walk: tuple[Any, str, Any]) -> bool:
            reached.update(after.state for _, _, after in walked(*walk).happened)
            return state in reached

        return condition

    for state in REACHED:
        find(WALKS, leads_to(state), settings=SEARCH)
    assert set(REACHED) <= reached


FAULTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "final moves": ("FINAL", ("withdraw", "route"), ""),
    "one person": (
        "deny", ("route", "ask_identity", "verify", "review", "propose", "deny"), "guards",
    ),
    "not all handled": (
        "begin_verifying",
        ("route", "ask_identity", "verify", "review", "approve", "execute", "begin_verifying"),
        "guards",
    ),
    "withdrawn while executing": (
        "withdraw",
        ("route", "ask_identity", "verify", "review", "approve", "execute", "withdraw"),
        "sources",
    ),
}  # fmt: skip
GIVEN: dict[str, dict[str, Any]] = {
    "verify": {"method": "session"},
    "propose": {"decision": "denied", "ground": "excessive"},
    "deny": {"ground": "excessive"},
}


@pytest.mark.parametrize(("rule", "names", "part"), FAULTS.values(), ids=FAULTS.keys())
def test_twin_a_machine_without_one_of_its_rules_is_caught(
    rule: Any, names: tuple[Any, ...], part: str, monkeypatch: pytest.MonkeyPatch
):
    refusals = _walk_along(names)[1]
    assert refusals[-1] != ""
    if rule == "FINAL":
        # Whatever can be withdrawn can be moved again.
        loose = replace(RULES["route"], sources=frozenset(STATES))
        monkeypatch.setattr("leadlayer.privacy.requests_model.FINAL", frozenset[str]())
        monkeypatch.setattr(requests_rules, "RULES", {**RULES, "route": loose})
    else:
        value = () if part == "guards" else frozenset(STATES)
        loose = replace(RULES[rule], **{part: value})
        monkeypatch.setattr(requests_rules, "RULES", {**RULES, rule: loose})

    walk, refusals = _walk_along(names)
    assert refusals[-1] == ""
    with pytest.raises(AssertionError):
        _judged(walk)


def _judged(walk: Walk) -> None:
    """The invariants, and that nothing goes on to verifying with something left to do."""
    invariants(walk)
    assert walk.now.state != "verifying" or required(walk.now) <= walk.now.handled.keys()


def _walk_along(names: tuple[Any, ...]) -> tuple[Walk, list[str]]:
    walk = Walk("access")
    return walk, [walk.apply(walk.event(name, FIRST, **GIVEN.get(name, {}))) for name in names]


def test_twin_a_request_that_kept_its_contact_data_is_caught():
    walk = walked("access", "in review", [])
    walk.apply(walk.event("withdraw"))
    assert walk.rows.row is not None
    invariants(walk)
    walk.rows.row = replace(walk.rows.row, contact=walk.first.contact)

    with pytest.raises(AssertionError):
        invariants(walk)


def test_a_denial_takes_two_people_and_a_key_is_none():
    walk = walked("access", "in review", [])
    walk.apply(walk.event("propose", decision="denied", ground="excessive"))

    for wrong in ({"actor": FIRST}, {"actor": "key:k_1"}, {"actor": SECOND, "ground": "unfounded"}):
        given = {"ground": "excessive", **wrong}
        assert walk.apply(walk.event("deny", **given)) != ""
    assert walk.apply(walk.event("deny", SECOND, ground="excessive")) == ""


def test_an_erasure_waits_as_long_as_was_said_and_not_longer_than_72_hours():
    walk = walked("erasure", "in review", [])
    walk.apply(walk.event("approve"))

    assert walk.apply(walk.event("execute")) == "request_cooling_off"
    assert walk.apply(walk.event("cool_off", hours=73)) == "request_too_long"
    assert walk.apply(walk.event("cool_off", hours=72)) == ""
    walk.clock.advance(hours=72, seconds=-1)
    assert walk.apply(walk.event("execute")) == "request_cooling_off"
    walk.clock.advance(seconds=1)
    assert walk.apply(walk.event("execute")) == ""
    assert walk.apply(walk.event("withdraw")) == "request_not_now"


def test_a_scan_counts_only_if_nothing_was_changed_after_it():
    walk = walked("erasure", "verifying", [])

    assert walk.apply(walk.event("fulfil")) == "request_not_clean"
    walk.apply(walk.event("scan", clean=True))
    walk.apply(walk.event("settle", kind="lead", count=3))
    assert walk.apply(walk.event("fulfil")) == "request_not_clean"
    walk.apply(walk.event("scan", clean=False))
    assert walk.apply(walk.event("fulfil")) == "request_not_clean"
    walk.apply(walk.event("scan", clean=True))
    assert walk.apply(walk.event("fulfil_partially")) == "request_not_in_part"
    assert walk.apply(walk.event("fulfil")) == ""


@pytest.mark.parametrize("person", ["platform_user", "end_user"])
def test_an_erasure_has_to_handle_every_kind_of_row_that_the_catalogue_knows(person: Person):
    owner = "member" if person == "platform_user" else "visitor"
    request = replace(Walk("erasure").first, person=person)

    # The request itself goes on its own day, and its answer has to reach whoever asked.
    personal = {entry.kind for entry in ENTRIES if entry.owner == owner} - {
        "request",
        "request_mail",
    }
    assert required(request) == personal
    assert required(replace(request, right="access")) < personal


def test_residual_copies_end_no_earlier_than_the_table_can_be_recovered():
    table = load()["Resources"]["Table"]["Properties"]
    recovery = table["PointInTimeRecoverySpecification"]

    assert retention("backup").elapsed.days == recovery["RecoveryPeriodInDays"]
    assert retention("model_provider").elapsed.days == 30
