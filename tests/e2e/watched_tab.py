"""A browser profile in which no page may break its policy, fail, set a cookie or ask others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

# What Chromium says of every answer that is not a 2xx; the tests ask for some of those.
_PLANTED = "Failed to load resource"


@dataclass
class Profile:
    """One person's browser, and the first tab in it."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list[str])

    def forgive(self, words: str) -> None:
        """A complaint that had to come."""
        forgiven = [one for one in self.complaints if words in one]
        assert forgiven, self.complaints
        self.complaints = [one for one in self.complaints if one not in forgiven]


@contextmanager
def watched_profile(
    browser: Browser, *, origins: tuple[str, ...], patience_ms: int = 20_000
) -> Iterator[Profile]:
    """`origins` are all that a page may ask beside itself. Fails at the end if one asked more."""
    context = browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    context.set_default_timeout(patience_ms)
    profile = Profile(context, context.new_page())

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _PLANTED not in message.text:
            profile.complaints.append(message.text)

    def asked(request: Request) -> None:
        known = request.is_navigation_request() or request.url.startswith((*origins, "data:"))
        if not known:
            profile.complaints.append(f"asked somebody else: {request.url}")

    def failed(error: WebError) -> None:
        profile.complaints.append(str(error.error))

    context.on("console", said)
    context.on("request", asked)
    context.on("weberror", failed)
    yield profile
    cookies = context.cookies()
    context.close()
    assert not profile.complaints, profile.complaints
    assert not cookies, cookies
