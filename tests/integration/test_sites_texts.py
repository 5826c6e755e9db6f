"""Changes of a site do not undo each other, consent texts are kept, retention only gets shorter."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.leads import handler as leads
from leadlayer.core.table import Put, Table
from leadlayer.sites.forms import SiteForm
from leadlayer.sites.model import Consent, Site
from leadlayer.sites.settings import change_site
from leadlayer.sites.store import SiteStore, site_row
from tests.console_calls import ConsoleCalls
from tests.integration.test_sites import NEW, PATH, patched, refusal
from tests.world import SITE, Context, World, load_event


@pytest.fixture
def console(world: World) -> ConsoleCalls:
    return ConsoleCalls(world)


def texts(console: ConsoleCalls, path: str = PATH) -> list[dict[str, Any]]:
    status, found = console.call("GET", f"{path}/consent-texts")
    assert status == 200
    return found["items"]


def wanted(**change: Any) -> SiteForm:
    return SiteForm.model_validate(change)


class Interrupted(SiteStore):
    """Somebody else changes the site between each read and the write that follows."""

    def __init__(self, table: Table, others: list[Callable[[], Any]]) -> None:
        super().__init__(table)
        self.others = others

    def find(self, site_id: str) -> Site | None:
        found = super().find(site_id)
        if self.others:
            self.others.pop(0)()
        return found


def test_two_changes_at_once_both_last(world: World, console: ConsoleCalls):
    sites = Interrupted(world.table, [lambda: patched(console, name="Von zwei")])

    change_site("s_demo", wanted(country="DE"), sites=sites, clock=world.clock)

    _, site = console.call("GET", PATH)
    assert (site["name"], site["country"]) == ("Von zwei", "DE")


def test_twin_a_store_that_writes_the_whole_site_loses_one(world: World, console: ConsoleCalls):
    class Overwriting(Interrupted):
        def change(self, before: Site, after: Site, *, shown: Any = ()) -> None:
            self._table.write(Put(site_row(after)))

    sites = Overwriting(world.table, [lambda: patched(console, name="Von zwei")])

    change_site("s_demo", wanted(country="DE"), sites=sites, clock=world.clock)

    assert console.call("GET", PATH)[1]["name"] == SITE.name


def test_two_changes_that_do_not_go_together_cannot_both_happen(
    world: World, console: ConsoleCalls
):
    from leadlayer.core.errors import Problem

    def drop_german() -> None:
        patched(console, languages=["nl", "en"])

    sites = Interrupted(world.table, [drop_german])

    with pytest.raises(Problem) as refused:
        change_site("s_demo", wanted(language="de"), sites=sites, clock=world.clock)

    assert refused.value.errors == [{"field": "languages", "reason": "without_the_sites_own"}]
    assert console.call("GET", PATH)[1]["language"] == "nl"


def test_a_site_that_others_change_all_the_time_is_given_up_on(world: World):
    from leadlayer.core.errors import Problem

    sites = Interrupted(world.table, [lambda: world.set_site_state("active")] * 100)

    with pytest.raises(Problem) as refused:
        change_site("s_demo", wanted(country="DE"), sites=sites, clock=world.clock)

    assert (refused.value.status, refused.value.code) == (409, "changed_meanwhile")


def test_a_termination_at_the_same_moment_is_not_undone(world: World):
    store = SiteStore(world.table)
    sites = Interrupted(world.table, [lambda: world.set_site_state("terminated")])

    change_site("s_demo", wanted(name="x"), sites=sites, clock=world.clock)

    found = store.find("s_demo")
    assert found is not None
    assert (found.state, found.name) == ("terminated", "x")


# Consent texts


def test_a_changed_text_is_a_new_version_and_both_are_kept(world: World, console: ConsoleCalls):
    site = patched(console, consent={"texts": {"nl": "Nieuwe tekst"}, "required": True})

    assert site["consent"] == {"texts": {"nl": "Nieuwe tekst"}, "version": "2", "required": True}
    old, new = texts(console)
    assert (old["version"], old["since"], old["texts"]) == ("1", None, SITE.consent.texts)
    assert (new["version"], new["texts"]) == ("2", {"nl": "Nieuwe tekst"})
    assert new["since"] == "2026-11-23T10:00:00Z"


@pytest.mark.parametrize("required", [True, False])
def test_the_same_text_is_the_same_version(console: ConsoleCalls, required: bool):
    same = {"texts": dict(SITE.consent.texts), "required": required}

    consent = patched(console, consent=same)["consent"]

    assert consent == same | {"version": "1"}
    assert [text["version"] for text in texts(console)] == ["1"]


def test_a_version_is_never_used_for_two_texts(console: ConsoleCalls):
    for words in ("a", "b", "a"):
        patched(console, consent={"texts": {"nl": words}})
    patched(console, consent={"texts": {}, "required": False})
    patched(console, consent={"texts": {"nl": "a"}})

    kept = texts(console)

    assert [text["version"] for text in kept] == ["1", "2", "3", "4", "5", "6"]
    assert [text["texts"].get("nl") for text in kept[1:]] == ["a", "b", "a", None, "a"]


def test_the_first_text_of_a_new_site_is_version_one(console: ConsoleCalls):
    _, site = console.call("POST", "/v1/sites", NEW)
    path = f"/v1/sites/{site['id']}"
    assert texts(console, path) == []

    console.call("PATCH", path, {"consent": {"texts": {"nl": "Ja"}}})

    assert [(text["version"], text["texts"]) for text in texts(console, path)] == [
        ("1", {"nl": "Ja"})
    ]


def test_the_evidence_of_an_old_lead_is_found_among_the_kept_texts(
    world: World, console: ConsoleCalls
):
    take = leads.build(leads.Deps(world.settings, world.table, world.clock, lambda: world.keyring))
    assert take(load_event("leads.valid"), Context())["statusCode"] == 201
    patched(console, consent={"texts": {"nl": "Iets heel anders"}})
    (lead,) = world.rows("lead")

    version, seen = lead["consent_version"]["S"], lead["consent_text_hash"]["S"]

    (kept,) = [text for text in texts(console) if text["version"] == version]
    assert seen == kept["hashes"][lead["consent_language"]["S"]]


def test_two_changed_texts_at_once_are_two_versions(world: World, console: ConsoleCalls):
    def other() -> None:
        patched(console, consent={"texts": {"nl": "Van de ander"}})

    change_site(
        "s_demo",
        wanted(consent={"texts": {"nl": "Van mij"}}),
        sites=Interrupted(world.table, [other]),
        clock=world.clock,
    )

    assert [text["texts"]["nl"] for text in texts(console)][1:] == ["Van de ander", "Van mij"]


def test_a_text_is_kept_in_the_transaction_that_shows_it(world: World, console: ConsoleCalls):
    class Breaking(Table):
        def transact(self, writes: Any) -> None:
            raise ConnectionError

    sites = SiteStore(Breaking(clock=world.clock))
    with pytest.raises(ConnectionError):
        change_site(
            "s_demo", wanted(consent={"texts": {"nl": "x"}}), sites=sites, clock=world.clock
        )

    assert world.rows("consent_text") == []
    assert console.call("GET", PATH)[1]["consent"]["version"] == "1"


# Retention


@pytest.mark.parametrize("months", [1, 12, 23, None])
def test_retention_can_be_shorter_and_says_what_it_holds_for(
    console: ConsoleCalls, months: int | None
):
    answer = console.call("PATCH", f"{PATH}/retention", {"months": months})

    assert answer == (
        200,
        {"retention_months": months, "retention_months_most": 24, "applies_to": "new"},
    )
    assert console.call("GET", PATH)[1]["retention_months"] == months


@pytest.mark.parametrize(
    ("months", "reason"),
    [(24, "not_shorter_than_the_policy"), (10**9, "not_shorter_than_the_policy"),
     (0, "greater_than_equal"), (-1, "greater_than_equal"), ("6", "int_type"), (1.5, "int_type")],
)  # fmt: skip
def test_retention_never_gets_longer_than_promised(console: ConsoleCalls, months: Any, reason: str):
    answer = console.call("PATCH", f"{PATH}/retention", {"months": months})

    assert refusal(answer) == (422, "invalid_request", [("months", reason)])
    assert console.call("GET", PATH)[1]["retention_months"] is None


def test_a_new_lead_is_kept_for_the_shorter_time(world: World, console: ConsoleCalls):
    console.call("PATCH", f"{PATH}/retention", {"months": 1})
    take = leads.build(leads.Deps(world.settings, world.table, world.clock, lambda: world.keyring))

    take(load_event("leads.valid"), Context())

    (lead,) = world.rows("lead")
    # 23 December 2026, 10:00 UTC.
    assert lead["expires_at"]["N"] == "1798020000"


def test_a_site_of_before_the_revisions_can_be_changed(world: World, console: ConsoleCalls):
    world.save_site(replace(SITE, consent=Consent({"nl": "x"}, version="2026-01"), revision=0))
    (row,) = world.rows("site")
    assert "revision" not in row

    assert patched(console, consent={"texts": {"nl": "y"}})["consent"]["version"] == "1"

    assert [text["texts"]["nl"] for text in texts(console)] == ["x", "y"]
