"""The inbox and one lead: what is shown, changed, found and deleted."""

from playwright.sync_api import Page, expect

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.person import confirm, cut, dialog, enter, press, rows, title
from tests.tab_clock import wait

LEAD = f"leads/{demo.SITE}/01LEAD9997"


def test_the_inbox_shows_a_page_and_more_on_demand(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "leads")
    expect(rows(signed_in)).to_have_count(5)
    expect(rows(signed_in).first).to_contain_text("Noor de Wit")

    press(signed_in, "Show more")

    expect(rows(signed_in)).to_have_count(7)
    expect(signed_in.get_by_role("button", name="Show more")).to_be_hidden()


def test_filters_stand_in_the_address_and_survive_a_reload(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "leads")
    signed_in.get_by_label("State").select_option("won")
    expect(rows(signed_in)).to_have_count(1)
    expect(signed_in).to_have_url(f"{api.url}#/leads?state=won")

    signed_in.reload()

    expect(rows(signed_in)).to_have_count(1)
    press(signed_in, "Clear filters")
    expect(rows(signed_in)).to_have_count(5)


def test_a_search_finds_by_whole_address_and_stays_out_of_addresses(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "leads")
    box = signed_in.get_by_role("searchbox")
    box.fill("anna@example.de")
    box.press("Enter")

    expect(signed_in.get_by_role("list", name="Search results").locator("li")).to_have_count(1)
    assert api.called("POST", "search")[0].body == {"email": "anna@example.de"}
    assert "anna" not in signed_in.url
    assert not any("anna" in str(call.query) for call in api.calls)
    box.fill("")
    expect(rows(signed_in).locator("visible=true")).to_have_count(5)


def test_a_search_without_result_says_how_to_search(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "leads")
    signed_in.get_by_role("searchbox").fill("06 12345678")
    signed_in.get_by_role("button", name="Search").click()

    expect(signed_in.get_by_text("Nobody with this address")).to_be_visible()
    assert api.called("POST", "search")[0].body == {"phone": "06 12345678"}


def test_a_new_lead_appears_by_itself_and_is_told(timed: Page, api: FakeConsole) -> None:
    enter(timed, api, "leads")
    api.leads.insert(0, demo.lead(0) | {"id": "01NEW", "name": "Fenna Mulder"})

    wait(timed, 15)

    expect(rows(timed).first).to_contain_text("Fenna Mulder")
    expect(rows(timed)).to_have_count(6)
    expect(timed.locator("[role=status].unseen")).to_have_text("1 new lead")


def test_a_hidden_tab_asks_nothing(timed: Page, api: FakeConsole) -> None:
    enter(timed, api, "leads")
    timed.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    before = len(api.calls)

    wait(timed, 60)

    assert len(api.calls) == before


def test_a_list_that_did_not_load_says_so_and_loads_again(
    signed_in: Page, api: FakeConsole
) -> None:
    cut(signed_in, "leads")
    api.faults["GET leads"] = [Refused(500, "internal")]
    enter(signed_in, api, "leads")
    expect(signed_in.get_by_role("alert").first).to_contain_text("No connection.")
    press(signed_in, "Try again")
    expect(signed_in.get_by_role("alert").first).to_contain_text("on our side")

    press(signed_in, "Try again")

    expect(rows(signed_in)).to_have_count(5)


def test_an_empty_inbox_says_what_to_do_next(signed_in: Page, api: FakeConsole) -> None:
    api.leads, api.sites = [], []
    enter(signed_in, api, "leads")

    expect(signed_in.get_by_text("There is no site yet.")).to_be_visible()
    expect(signed_in.get_by_role("link", name="Create a site")).to_have_attribute("href", "#/sites")


def test_a_viewer_sees_masked_leads_and_nothing_to_change(
    signed_in: Page, api: FakeConsole
) -> None:
    api.role = "viewer"
    enter(signed_in, api, "leads")
    expect(signed_in.get_by_text("hidden for your role")).to_be_visible()
    expect(signed_in.get_by_role("searchbox")).to_have_count(0)
    expect(signed_in.get_by_role("checkbox")).to_have_count(0)

    enter(signed_in, api, LEAD)

    expect(title(signed_in)).to_have_text("A…")
    for name in ("Edit", "Delete", "Add the note"):
        expect(signed_in.get_by_role("button", name=name)).to_have_count(0)
    expect(signed_in.get_by_label("State")).to_have_count(0)
    assert "mailto:" not in signed_in.content()


def test_a_lead_shows_its_fields_consent_end_and_conversation(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, LEAD)

    for words in ("Anna Schmidt", "anna@example.de", "Köln", "Liefern Sie auch", "/tiles/green"):
        expect(signed_in.locator("main")).to_contain_text(words)
    expect(signed_in.get_by_text("Kept until")).to_be_visible()
    expect(signed_in.locator(".hash")).to_have_text(api.leads[2]["consent"]["text_hash"])
    expect(signed_in.get_by_role("log")).to_contain_text("we use a matt glaze")
    assert "Anna" not in signed_in.title()


def test_an_edit_sends_only_what_was_changed(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, LEAD)
    press(signed_in, "Edit")
    dialog(signed_in).get_by_label("City").fill("Bonn")
    press(signed_in, "Save")

    expect(signed_in.get_by_role("dialog")).to_have_count(0)
    expect(signed_in.locator(".facts").first).to_contain_text("Bonn")
    assert api.called("PATCH", "01LEAD9997")[0].body == {"city": "Bonn"}


def test_an_edit_that_is_refused_loses_nothing_and_marks_the_field(
    signed_in: Page, api: FakeConsole
) -> None:
    errors = [{"field": "phone", "reason": "value_error"}]
    path = f"PATCH sites/{demo.SITE}/leads/01LEAD9997"
    api.faults[path] = [Refused(422, "invalid_request", errors=errors)]
    enter(signed_in, api, LEAD)
    press(signed_in, "Edit")
    phone = dialog(signed_in).get_by_label("Phone")
    phone.fill("12")
    press(signed_in, "Save")

    expect(phone).to_be_focused()
    expect(phone).to_have_accessible_description("This does not have the expected form.")
    cut(signed_in, f"sites/{demo.SITE}/leads/01LEAD9997")
    press(signed_in, "Save")
    expect(dialog(signed_in).get_by_role("alert")).to_contain_text("No connection.")
    expect(phone).to_have_value("12")


def test_state_and_colleague_are_saved_at_once_and_put_back_when_refused(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, LEAD)
    signed_in.get_by_label("State").select_option("won")
    expect(signed_in.locator(".head .state")).to_have_text("Won")
    assert api.leads[2]["state"] == "won"
    api.faults[f"PATCH sites/{demo.SITE}/leads/01LEAD9997"] = [Refused(403, "forbidden")]

    signed_in.get_by_label("Assigned to").select_option(demo.ME)

    expect(signed_in.get_by_text("Your role does not allow this.")).to_be_visible()
    expect(signed_in.get_by_label("Assigned to")).to_have_value(demo.COLLEAGUE)


def test_notes_are_written_kept_as_drafts_and_deleted(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, LEAD)
    box = signed_in.get_by_label("New note")
    box.fill("Called, calls back.\nLikes green.")
    signed_in.get_by_role("link", name="Conversations").click()
    signed_in.go_back()
    expect(box).to_have_value("Called, calls back.\nLikes green.")
    press(signed_in, "Add the note")

    expect(signed_in.locator(".notes li")).to_contain_text("Likes green.")
    expect(box).to_have_value("")
    press(signed_in, "Delete this note")
    expect(signed_in.get_by_text("No note yet.")).to_be_visible()
    assert api.leads[2]["notes"] == []


def test_a_lead_is_deleted_only_after_the_word_was_typed(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, LEAD)
    press(signed_in, "Delete")
    confirm(signed_in, "delete")
    expect(dialog(signed_in).get_by_role("alert")).to_contain_text("not the same")
    assert api.called("DELETE", "01LEAD9997") == []

    confirm(signed_in, "DELETE")

    expect(title(signed_in)).to_have_text("Leads")
    expect(signed_in.get_by_text("Anna Schmidt")).to_have_count(0)
    assert len(api.called("DELETE", "01LEAD9997")) == 1


def test_several_leads_are_deleted_together_site_by_site(timed: Page, api: FakeConsole) -> None:
    enter(timed, api, "leads")
    for name in ("Noor de Wit", "Bram Visser", "Anna Schmidt"):
        timed.get_by_role("checkbox", name=f"Select {name}").check()
    expect(timed.locator(".selection")).to_contain_text("3 selected")
    press(timed, "Delete")
    expect(dialog(timed)).to_contain_text("Delete 3 leads?")
    confirm(timed, "DELETE")
    expect(dialog(timed).get_by_role("progressbar", name="Deleting")).to_be_visible()
    wait(timed, 5)

    expect(timed.get_by_role("dialog")).to_have_count(0)
    expect(timed.get_by_text("Noor de Wit")).to_have_count(0)
    expect(timed.locator(".selection")).to_be_hidden()
    bodies = [call.body for call in api.called("POST", "deletions")]
    assert bodies == [
        {"site": demo.OTHER_SITE, "leads": ["01LEAD9999"], "confirmation": "DELETE"},
        {"site": demo.SITE, "leads": ["01LEAD9998", "01LEAD9997"], "confirmation": "DELETE"},
    ]


def test_what_a_visitor_typed_is_text_and_never_markup(signed_in: Page, api: FakeConsole) -> None:
    lead = api.leads[6] | {"name": "<script>alert(1)</script>", "city": "<b>x</b>"}
    api.leads[6] = lead
    enter(signed_in, api, f"leads/{lead['site']}/{lead['id']}")

    expect(title(signed_in)).to_have_text("<script>alert(1)</script>")
    expect(signed_in.locator("main")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(signed_in.locator("main :is(script, img, b)")).to_have_count(0)
