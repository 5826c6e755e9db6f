"""Page views of a month: the total, by day, by path, and what roles are not told exactly."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.person import enter

MONTH = datetime.now(UTC).strftime("%Y-%m")
DAYS = datetime.now(UTC).day


def test_a_month_is_shown_by_day_and_by_path(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "views")

    expect(signed_in.get_by_text("166 views in")).to_be_visible()
    expect(signed_in.locator("svg.columns rect")).to_have_count(DAYS)
    paths = signed_in.get_by_role("list", name="By page").locator("li")
    expect(paths).to_have_text([re.compile("/tiles/green120"), "/42", "Other pages4"])
    assert api.called("GET", "views")[0].query == {"site": demo.SITE, "month": MONTH}


def test_who_cannot_see_bars_reads_a_table(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "views")

    cells = signed_in.get_by_role("table", name="By day").get_by_role("cell")
    expect(cells).to_have_count(DAYS)
    expect(cells.first).to_have_text("162")


def test_values_are_told_by_arrow_keys_and_by_pointing(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "views")
    chart, said = signed_in.locator("svg.columns"), signed_in.locator(".chart-said")

    chart.focus()
    signed_in.keyboard.press("Home")
    expect(said).to_contain_text(": 162")
    signed_in.keyboard.press("Escape")
    expect(said).to_contain_text("arrow keys")
    chart.hover(position={"x": 2, "y": 20})
    expect(said).to_contain_text(": 162")


def test_another_site_and_month_are_asked_for_and_kept_in_the_address(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "views")
    signed_in.get_by_label("Site").select_option(demo.OTHER_SITE)
    month = signed_in.get_by_label("Month")
    assert month.locator("option").count() == 24
    before = month.locator("option").nth(1).get_attribute("value") or ""
    month.select_option(before)

    expect(signed_in).to_have_url(f"{api.url}#/views?site={demo.OTHER_SITE}&month={before}")
    signed_in.reload()
    expect(month).to_have_value(before)
    assert api.called("GET", "views")[-1].query == {"site": demo.OTHER_SITE, "month": before}


def test_small_numbers_are_fewer_than_ten_for_a_viewer(signed_in: Page, api: FakeConsole) -> None:
    api.role = "viewer"
    enter(signed_in, api, "views")

    expect(signed_in.get_by_role("list", name="By page")).to_contain_text("fewer than 10")
    expect(signed_in.get_by_text("not shown exactly to your role")).to_be_visible()
    expect(signed_in.locator(".bars .about")).to_have_count(1)


def test_a_month_that_does_not_come_can_be_tried_again(signed_in: Page, api: FakeConsole) -> None:
    api.faults["GET views"] = [Refused(503, "unavailable")]
    enter(signed_in, api, "views")

    signed_in.get_by_role("button", name="Try again").click()

    expect(signed_in.get_by_text("166 views in")).to_be_visible()
