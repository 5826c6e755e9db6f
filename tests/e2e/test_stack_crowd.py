"""Two hundred visitors at once: nobody is turned away, nothing is counted twice or lost."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.e2e import ledger
from tests.e2e.visitors import Visitor

CROWD = 200


def test_two_hundred_visitors_at_once_meet_no_error_and_lose_no_count(
    stack: dict[str, Any],
) -> None:
    run = secrets.token_hex(4)
    counted_before = ledger.views(stack, "/crowd")

    def visit(number: int) -> tuple[int, int, int, str]:
        visitor = Visitor(stack, 1000 + number)
        view = visitor.view("/crowd")
        lead = visitor.leave(email=f"{run}-{number}@example.com")
        chat = visitor.say("Wat zijn de openingstijden?")
        last = chat.events[-1][0] if chat.status == 200 else chat.body.decode()
        return view.status, lead.status, chat.status, last

    with ThreadPoolExecutor(CROWD) as crowd:
        outcomes = Counter(crowd.map(visit, range(CROWD)))

    assert outcomes == {(200, 201, 200, "done"): CROWD}
    assert ledger.views(stack, "/crowd") - counted_before == CROWD
    stored = Counter(
        row.get("email", "")
        for row in ledger.leads(stack)
        if row.get("email", "").startswith(f"{run}-")
    )
    assert stored == {f"{run}-{number}@example.com": 1 for number in range(CROWD)}
