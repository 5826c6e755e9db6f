"""People: inviting, changing a role, removing, and owners who are out of an admin's reach."""

from playwright.sync_api import Page, expect

from tests.browser_console import demo_data as demo
from tests.browser_console.fake_console import FakeConsole, Refused
from tests.browser_console.person import confirm, dialog, enter, press, rows


def test_somebody_is_invited_with_a_role_and_a_language(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "people")
    press(signed_in, "Invite")
    asked = dialog(signed_in)
    asked.get_by_label("E-mail address").fill("lotte@kiln.example")
    asked.get_by_label("Role").select_option("viewer")
    asked.get_by_label("Language").select_option("de")

    asked.get_by_role("button", name="Invite").click()

    expect(rows(signed_in)).to_have_count(5)
    expect(rows(signed_in).last).to_contain_text("Invited")
    assert api.called("POST", "members")[0].body == {
        "email": "lotte@kiln.example",
        "role": "viewer",
        "language": "de",
    }


def test_a_refused_invitation_says_why_and_keeps_what_was_typed(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "people")
    press(signed_in, "Invite")
    asked = dialog(signed_in)
    box = asked.get_by_label("E-mail address")
    box.fill("sanne@kiln.example")

    asked.get_by_role("button", name="Invite").click()

    expect(asked.get_by_text("already belongs to the account")).to_be_visible()
    expect(box).to_have_value("sanne@kiln.example")


def test_a_role_is_changed(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "people")
    signed_in.get_by_role("button", name="Change role Sanne Jansen").click()
    dialog(signed_in).get_by_label("Role").select_option("admin")
    dialog(signed_in).get_by_role("button", name="Save").click()

    expect(rows(signed_in).nth(2)).to_contain_text("Admin")
    assert api.called("PATCH", f"members/{demo.COLLEAGUE}")[0].body == {"role": "admin"}


def test_the_last_owner_is_kept_and_told_why(signed_in: Page, api: FakeConsole) -> None:
    api.faults[f"PATCH members/{demo.ME}"] = [Refused(409, "last_owner")]
    enter(signed_in, api, "people")
    signed_in.get_by_role("button", name="Change role Joris Bakker").click()
    dialog(signed_in).get_by_label("Role").select_option("agent")
    dialog(signed_in).get_by_role("button", name="Save").click()

    expect(dialog(signed_in).get_by_text("Make somebody else an owner first")).to_be_visible()


def test_somebody_is_removed_only_after_their_address_was_typed(
    signed_in: Page, api: FakeConsole
) -> None:
    enter(signed_in, api, "people")
    press(signed_in, "Remove Sanne Jansen")
    confirm(signed_in, "sanne", "Remove")
    expect(dialog(signed_in).get_by_text("not the same")).to_be_visible()
    assert api.called("DELETE", f"members/{demo.COLLEAGUE}") == []

    confirm(signed_in, "sanne@kiln.example", "Remove")

    expect(rows(signed_in)).to_have_count(3)


def test_an_admin_reaches_no_owner_and_makes_none(signed_in: Page, api: FakeConsole) -> None:
    api.role = "admin"
    enter(signed_in, api, "people")

    expect(rows(signed_in).nth(1)).to_contain_text("Noor de Boer")
    expect(rows(signed_in).nth(1).get_by_role("button")).to_have_count(0)
    expect(rows(signed_in).nth(2).get_by_role("button")).to_have_count(2)
    press(signed_in, "Invite")
    roles = dialog(signed_in).get_by_label("Role").locator("option")
    expect(roles).to_have_text(["Admin", "Agent", "Viewer", "Privacy officer"])


def test_each_role_is_explained(signed_in: Page, api: FakeConsole) -> None:
    enter(signed_in, api, "people")
    signed_in.get_by_text("What may each role do?").click()

    expect(signed_in.locator("main dd")).to_have_count(5)
    expect(signed_in.get_by_text("read no leads")).to_be_visible()
