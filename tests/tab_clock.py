"""Time in a browser's tab that a test moves on, and what the page asks for meanwhile."""

from playwright.sync_api import BrowserContext, Page

# A clock is held at a moment to come, which the page must not reach before it hears of it.
HELD_MS = 500
# What is read after an answer may be asked for again, so that asking ends only with the last. A
# page reads its own copy of an answer and sets its next timer then: it has a few turns to do so.
_NOTE_ANSWERS = """
  const asked = [], ask = window.fetch;
  window.fetch = (...call) => {
    const answer = ask(...call);
    asked.push(answer.then((response) => response.clone().text()).catch(() => {}));
    return answer;
  };
  const { port1: end, port2: start } = new MessageChannel();
  const turn = () => new Promise((done) => {
    end.onmessage = done;
    start.postMessage(null);
  });
  window.answered = async () => {
    for (let known; known !== asked.length;) {
      known = asked.length;
      await Promise.all(asked);
      for (let turns = 0; turns < 10; turns += 1) await turn();
    }
  };
"""


def timed_page(context: BrowserContext) -> Page:
    """A tab of a context that only such tabs are in: a clock belongs to a whole context."""
    context.add_init_script(f"(() => {{{_NOTE_ANSWERS}}})()")
    page = context.new_page()
    page.clock.install()
    return page


def hold(page: Page) -> None:
    """Time passes from here only by waiting: on a slow machine it would run on between two steps.
    Not earlier, as a page that loads wants its next frame."""
    page.clock.pause_at((page.evaluate("Date.now()") + HELD_MS) / 1000)


def until_answered(page: Page) -> None:
    """Wait until all that the page has asked for was answered."""
    page.evaluate("answered()")


def wait(page: Page, seconds: float) -> None:
    """Let the page's timers run, and what they ask for be answered. What was asked for before is
    answered first: the next timer may be set by it."""
    until_answered(page)
    page.clock.run_for(int(seconds * 1000))
    until_answered(page)
