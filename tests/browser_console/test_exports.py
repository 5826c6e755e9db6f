"""Exports: asked for, watched while somebody looks, fetched once, and what became of old ones."""

from playwright.sync_api import Page, expect

from tests.browser_console import demo_desk as desk
from tests.browser_console.fake_console import FakeConsole
from tests.browser_console.person import confirm, dialog, enter, press, rows
from tests.tab_clock import hold, wait


def test_an_export_is_watched_until_it_can_be_fetched(timed: Page, api: FakeConsole) -> None:
    enter(timed, api, "exports")
    timed.get_by_label("Format").select_option("csv")
    press(timed, "Start the export")
    expect(rows(timed)).to_contain_text("Waiting")
    hold(timed)
    assert api.called("POST", "exports")[0].body == {"format": "csv"}

    api.desk.exports[0] |= {"state": "running", "progress": 42}
    wait(timed, 2.5)
    expect(timed.get_by_role("progressbar")).to_have_attribute("value", "42")
    api.desk.exports[0] |= {"state": "ready", "progress": 100, "bytes": 2_345_678}
    wait(timed, 2.5)

    expect(rows(timed)).to_contain_text("2.3 MB")
    expect(timed.locator(".toast")).to_have_text("The export is ready.")
    with timed.expect_download() as download:
        press(timed, "Download")
    assert download.value.url.endswith("/v1/downloads/once-e_new")
    expect(timed).to_have_url(f"{api.url}#/exports")


def test_nothing_is_asked_while_nothing_is_under_way(timed: Page, api: FakeConsole) -> None:
    api.desk.exports = [desk.export("e1", "ready")]
    enter(timed, api, "exports")
    wait(timed, 20)

    assert len(api.called("GET", "exports")) == 1


def test_watching_never_asks_to_sign_in_again_by_itself(timed: Page, api: FakeConsole) -> None:
    api.desk.exports = [desk.export("e1", "running", progress=10)]
    enter(timed, api, "exports")
    timed.clock.fast_forward("15:00")
    asked = len(api.called("GET", "exports"))
    api.recent = False
    wait(timed, 20)

    assert len(api.called("GET", "exports")) <= asked + 1
    expect(timed.get_by_role("dialog")).to_have_count(0)


def test_looking_at_exports_needs_a_recent_sign_in(signed_in: Page, api: FakeConsole) -> None:
    api.recent = False
    signed_in.goto(f"{api.url}#/exports")

    expect(dialog(signed_in).get_by_text("within the last 10 minutes")).to_be_visible()
    press(signed_in, "Cancel")
    expect(signed_in.get_by_role("button", name="Try again")).to_be_visible()


def test_what_cannot_be_fetched_any_more_is_explained(signed_in: Page, api: FakeConsole) -> None:
    api.desk.exports = [
        desk.export("e1", "failed"),
        desk.export("e2", "withdrawn"),
        desk.export("e3", "ready", days=-1),
    ]
    enter(signed_in, api, "exports")

    expect(rows(signed_in).nth(0)).to_contain_text("It failed three times")
    expect(rows(signed_in).nth(1)).to_contain_text("The file is gone")
    expect(rows(signed_in).nth(2)).to_contain_text("stays for seven days")
    expect(signed_in.get_by_role("button", name="Download")).to_have_count(0)


def test_an_export_is_deleted_by_the_word(signed_in: Page, api: FakeConsole) -> None:
    api.desk.exports = [desk.export("e1", "ready")]
    enter(signed_in, api, "exports")
    press(signed_in, "Delete this export")
    confirm(signed_in, "DELETE")

    expect(rows(signed_in)).to_contain_text("Withdrawn")
    assert len(api.called("DELETE", "exports/e1")) == 1
