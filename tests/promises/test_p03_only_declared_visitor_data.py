"""P03: only declared fields are kept; the page is a path, the visit an hour, no query."""

import json

import pytest

from functions.chat import handler as chat
from functions.leads import handler as leads
from leadlayer.chat.model import ChatForm
from leadlayer.core.forms import StrictForm
from leadlayer.core.policy import policy
from leadlayer.leads.model import LeadForm
from leadlayer.privacy.catalogue import entry
from tests.console_calls import RecordedLedger, SentJobs
from tests.echo_model import EchoModel
from tests.world import Context, World, body_of, load_event

CANARY = "kanarie7f3a"
NOT_ABOUT_THE_PERSON = {"language", "conversation", "token", "widget_version", "consent"}


def undeclared(form: type[StrictForm], declared: set[str]) -> set[str]:
    """Fields that a form takes and the policy's annex does not name."""
    return form.model_fields.keys() - NOT_ABOUT_THE_PERSON - declared


def test_the_forms_take_what_the_policy_declares_and_nothing_else():
    declared = set(policy().lead_fields)

    assert undeclared(LeadForm, declared) == set()
    assert undeclared(ChatForm, declared) == set()
    assert entry("lead").exported >= declared


def test_twin_a_form_with_another_field_is_found():
    class Nosy(LeadForm):
        birthday: str | None = None

    assert undeclared(Nosy, set(policy().lead_fields)) == {"birthday"}


@pytest.mark.parametrize("field", ["birthday", "ip", "user_agent", "company"])
def test_an_extra_field_is_refused_with_a_clear_error(world: World, field: str):
    body = json.loads(load_event("leads.valid")["body"]) | {field: CANARY}
    before = world.rows()

    answer = leads_handler(world)(load_event("leads.valid", body=body), Context())

    assert answer["statusCode"] == 422
    assert body_of(answer)["errors"] == [{"field": field, "reason": "extra_forbidden"}]
    assert world.rows() == before


def test_query_and_fragment_of_a_page_are_stored_logged_and_sent_nowhere(world: World, capsys):
    page = f"/fietsen?token={CANARY}#{CANARY}"
    model = EchoModel()
    lead = json.loads(load_event("leads.valid")["body"]) | {"page": page}

    leads_handler(world)(load_event("leads.valid", body=lead), Context())
    chat_handler(world, model)(
        load_event("chat.json", body={"message": "hoi", "page": page}), Context()
    )

    assert len(world.rows("lead")) == len(world.rows("conversation")) == 1
    assert world.rows("lead")[0]["page"]["S"] == "/fietsen"
    assert CANARY not in json.dumps(world.rows())
    assert CANARY not in capsys.readouterr().out
    assert CANARY not in repr(model.requests)


def test_the_visit_time_is_cut_to_the_hour(world: World):
    world.clock.advance(minutes=47, seconds=11)

    leads_handler(world)(load_event("leads.valid"), Context())

    assert world.rows("lead")[0]["visited_at"]["S"] == "2026-11-23T10:00:00Z"


def leads_handler(world: World):
    return leads.build(leads.Deps(world.settings, world.table, world.clock, lambda: world.keyring))


def chat_handler(world: World, model: EchoModel):
    return chat.build(
        chat.Deps(
            world.settings,
            world.table,
            world.clock,
            model,
            lambda: world.keyring,
            RecordedLedger(),
            SentJobs(),
        )
    )
