"""The power fails in the middle of two hundred leads: what was confirmed is there, once."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e import ledger
from tests.e2e.running_stack import RunningStack
from tests.e2e.visitors import Visitor

CROWD = 200


# The mailer works through the leads from before the crash first.
@pytest.mark.timeout(300)
def test_every_confirmed_lead_survives_a_kill_of_everything(stack_itself: RunningStack) -> None:
    stack = stack_itself.addresses
    confirmed: dict[int, str] = {}
    halfway = threading.Event()

    def leave(number: int) -> None:
        try:
            answer = Visitor(stack, 2000 + number).leave(email=f"crash-{number}@example.com")
        except (OSError, http.client.HTTPException):
            return  # nothing was promised to this visitor
        assert answer.status == 201
        confirmed[number] = answer.json["lead"]
        if len(confirmed) >= CROWD // 4:
            halfway.set()

    with ThreadPoolExecutor(CROWD) as crowd:
        running = [crowd.submit(leave, number) for number in range(CROWD)]
        assert halfway.wait(60)
        stack_itself.kill()
        for outcome in running:
            outcome.result()
    stack_itself.start()

    assert stack_itself.addresses == stack
    assert CROWD // 4 <= len(confirmed) < CROWD, "the kill came too late to prove anything"
    stored = [row["sk"].removeprefix("LEAD#") for row in ledger.leads(stack)]
    assert len(stored) == len(set(stored))
    assert set(confirmed.values()) <= set(stored)
    emails = [
        row.get("email", "")
        for row in ledger.leads(stack)
        if row.get("email", "").startswith("crash-")
    ]
    assert len(emails) == len(set(emails))
    after = Visitor(stack, 2999).leave(email="after-the-crash@example.com")
    assert after.status == 201
    assert len(ledger.wait_for_mails(stack, about=after.json["lead"], seconds=90)) == 1
