"""Notices: told to everybody, counted until seen, and seen only once they were on the screen."""

from playwright.sync_api import Page, expect

from tests.browser_console import demo_desk as desk
from tests.browser_console.fake_console import FakeConsole
from tests.browser_console.person import enter, rows
from tests.tab_clock import until_answered


def test_notices_are_worded_and_counted_until_they_were_seen(
    signed_in: Page, api: FakeConsole
) -> None:
    api.notices = [
        desk.notice("n1", "export_ready"),
        desk.notice("n2", "of_another_day"),
        desk.notice("n3", "webhook_failing", seen=True),
    ]
    enter(signed_in, api, "leads")
    badge = signed_in.locator("nav .badge")
    expect(badge).to_have_text("2")

    signed_in.get_by_role("link", name="Notices").click()

    expect(rows(signed_in).nth(0)).to_contain_text("An export is ready")
    expect(rows(signed_in).nth(1)).to_contain_text("Something about your account has changed")
    expect(badge).to_have_count(0)
    assert {call.path for call in api.called("POST", "shown")} == {
        "notices/n1/shown",
        "notices/n2/shown",
    }


def test_what_lies_below_the_screen_is_not_seen_yet(timed: Page, api: FakeConsole) -> None:
    api.notices = [desk.notice(f"n{number}", "export_ready") for number in range(40)]
    with timed.expect_response("**/shown"):
        enter(timed, api, "notices")
    until_answered(timed)
    assert 0 < len(api.called("POST", "shown")) < 40

    with timed.expect_response("**/n39/shown"):
        rows(timed).last.scroll_into_view_if_needed()
    until_answered(timed)

    expect(timed.locator("nav .badge")).not_to_have_text("40")
    assert len(api.called("POST", "n39/shown")) == 1


def test_a_notice_leads_only_where_the_role_may_go(signed_in: Page, api: FakeConsole) -> None:
    api.notices = [desk.notice("n1", "export_ready"), desk.notice("n2", "webhook_disabled")]
    api.role = "privacy_officer"
    enter(signed_in, api, "notices")

    link = signed_in.locator("main").get_by_role("link", name="Look at it")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "#/exports")
