"""P23: what the AI says is labelled as the AI's, and what a person says as a person's.

In the widget as it is built, for eyes and for screen readers, in every language.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.fake_api import FakeApi, answer, left_to_staff
from tests.browser.shop import Shop
from tests.browser.visitor import notes, open_panel, panel, say, visit, wait

LABELS = {
    "nl": ("AI-assistent: ", "Medewerker: "),
    "en": ("AI assistant: ", "Staff: "),
    "de": ("KI-Assistent: ", "Mitarbeiter: "),
}
BY_AI, BY_STAFF = "I am not sure.", "I am, there are two."


def talk(page: Page, shop: Shop, fake_api: FakeApi, language: str) -> None:
    """The AI answers, then a person does."""
    shop.tag = f'data-language="{language}"'
    fake_api.turns = [answer(BY_AI), left_to_staff()]
    visit(page, shop.origin)
    open_panel(page)
    say(page, "Is it in stock?")
    expect(panel(page).get_by_text(BY_AI)).to_be_visible()
    say(page, "Is anybody there?")
    expect(notes(page)).to_have_count(1)
    fake_api.staff(BY_STAFF)
    wait(page, 4)
    expect(panel(page).get_by_text(BY_STAFF)).to_be_visible()


def check_labels(page: Page, language: str) -> None:
    ai, staff = LABELS[language]
    for text, label in ((BY_AI, ai), (BY_STAFF, staff)):
        bubble = panel(page).locator("[role=log] > div").filter(has_text=text)
        assert bubble.inner_text().split() == f"{label}{text}".split()
        # Inside the bubble's own box: not clipped away, as a label for screen readers only is.
        shown = bubble.locator("b")
        assert shown.is_visible()
        assert shown.evaluate("node => getComputedStyle(node).clipPath") == "none"


@pytest.mark.parametrize("language", LABELS)
def test_the_ai_and_people_are_told_apart_in_every_language(
    timed: Page, shop: Shop, fake_api: FakeApi, language: str
):
    talk(timed, shop, fake_api, language)

    check_labels(timed, language)


def test_they_are_told_apart_after_the_page_is_loaded_again(
    timed: Page, shop: Shop, fake_api: FakeApi
):
    talk(timed, shop, fake_api, "en")
    visit(timed, shop.origin, "/product.html")
    open_panel(timed)

    check_labels(timed, "en")


FAULTS = {
    "a person passed off as the AI": lambda widget: widget.replace('r:"staff"', 'r:"ai"'),
    "the AI passed off as a person": lambda widget: widget.replace('r:"ai",x:""', 'r:"staff",x:""'),
    "labels that cannot be seen": lambda widget: widget.replace(".you b{", "b{"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_twin_a_widget_that_mixes_them_up_is_seen(
    timed: Page, shop: Shop, fake_api: FakeApi, fault: Callable[[str], str]
):
    whole = fake_api.widget.decode()
    faulty = fault(whole)
    assert faulty != whole

    def serve(route: Route) -> None:
        route.fulfill(body=faulty, content_type="text/javascript")

    timed.route("**/widget.js", serve)
    talk(timed, shop, fake_api, "en")

    with pytest.raises(AssertionError):
        check_labels(timed, "en")
