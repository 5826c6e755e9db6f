"""People ask about their data: the same answer for everybody, a code, and whoever has the token."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.dsar import handler
from functions.mailer import handler as mailer
from leadlayer.privacy.requests_model import Request
from leadlayer.privacy.requests_store import RequestStore
from tests.canary_scan import hits, row_text
from tests.integration import lead_calls
from tests.world import Context, World, load_event

EMAIL = "canary-noor@mail.example"
ASKED = {"right": "access", "site": "s_demo", "email": EMAIL, "language": "nl"}
PATH = "/v1/privacy/requests"
CODE = re.compile(r"\b\d{6}\b")


@dataclass
class Asker:
    """Somebody who asks, with a mailbox."""

    world: World
    mailbox: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        # As API Gateway does: the parameter of the path, and lower-case names.
        name = "dsar.status" if method == "GET" else "dsar.wrong_token"
        event = load_event(name)
        event["requestContext"]["http"].update(method=method, path=path)
        event |= {"rawPath": path, "routeKey": f"{method} {PATH}"}
        event["headers"].pop("authorization", None)
        event["headers"] |= {key.replace("_", "-"): value for key, value in headers.items()}
        if method == "POST":
            event["body"] = body if isinstance(body, str) else json.dumps(body or {})
        return self.handle(event)

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        world = self.world
        deps = handler.Deps(world.settings, world.table, world.clock, lambda: world.keyring)
        return handler.build(deps)(event, Context())

    def ask(self, **changes: Any) -> dict[str, Any]:
        answer = self.send("POST", PATH, ASKED | changes)
        assert answer["statusCode"] == 202, answer
        return json.loads(answer["body"])

    def call(self, made: dict[str, Any], method: str, step: str = "", body: Any = None) -> Any:
        path = f"{PATH}/{made['request']}{step}"
        return self.send(method, path, body, authorization=f"Bearer {made['token']}")

    def read_mail(self) -> list[dict[str, str]]:
        def send(*, to: str, subject: str, text: str, idempotency_key: str) -> None:
            self.mailbox.append({"to": to, "subject": subject, "text": text})

        world = self.world
        deps = mailer.Deps(world.settings, world.table, send, lambda: world.keyring)
        mailer.build(deps)({}, Context())
        return self.mailbox

    def stored(self, account: str, made: dict[str, Any]) -> Request:
        store = RequestStore(self.world.table, clock=self.world.clock)
        found = store.find(account, made["request"])
        assert found is not None
        return found

    def code(self) -> str:
        return CODE.findall(self.read_mail()[-1]["text"])[0]


@pytest.fixture
def asker(world: World) -> Asker:
    return Asker(world)


def state(answer: dict[str, Any]) -> str:
    assert answer["statusCode"] < 300, answer
    return json.loads(answer["body"])["state"]


def problem(answer: dict[str, Any]) -> tuple[int, str]:
    return answer["statusCode"], json.loads(answer["body"])["code"]


def test_who_asks_gets_a_code_by_mail_and_is_known_with_it(asker: Asker):
    made = asker.ask()
    assert state(asker.call(made, "GET")) == "received"

    mail = asker.read_mail()
    assert [each["to"] for each in mail] == [EMAIL]
    assert mail[0]["subject"] == f"Uw code: {asker.code()}"

    assert state(asker.call(made, "POST", "/verify", {"code": asker.code()})) == "verified"
    assert state(asker.call(made, "GET")) == "verified"
    assert len(asker.read_mail()) == 1


def test_known_and_unknown_people_cost_the_same_and_are_answered_the_same(asker: Asker):
    lead_calls.post(asker.world, lead_calls.LEAD | {"email": "known@mail.example"})
    # Whoever comes first makes the salt of the day and the head of the log.
    asker.ask(email="first@mail.example")
    answers, rows = [], []
    for email in ("known@mail.example", "nobody@mail.example"):
        before = lead_calls.kinds(asker.world)
        answers.append(asker.ask(email=email))
        rows.append(lead_calls.kinds(asker.world) - before)

    assert rows[0] == rows[1]
    assert [set(answer) for answer in answers] == [{"request", "token"}] * 2
    assert rows[1]["request"] == rows[1]["request_mail"] == rows[1]["request_code"] == 1


def test_twin_a_lookup_of_the_person_would_show_in_what_is_done(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
):
    lead_calls.post(asker.world, lead_calls.LEAD | {"email": "known@mail.example"})
    take_in = handler.Reception.take_in

    def only_known(self: Any, form: Any, request_id: str, site: Any) -> Any:
        known = {row["email"]["S"] for row in asker.world.rows("lead")}
        by_phone = {"email": None, "phone": "+31612345678"}
        changed = form if form.email in known else form.model_copy(update=by_phone)
        return take_in(self, changed, request_id, site)

    monkeypatch.setattr(handler.Reception, "take_in", only_known)

    asker.ask(email="known@mail.example")
    before = lead_calls.kinds(asker.world)
    asker.ask(email="nobody@mail.example")
    assert (lead_calls.kinds(asker.world) - before)["request_mail"] == 0


def test_an_equal_call_with_the_same_key_makes_one_request_and_one_mail(asker: Asker):
    key = {"idempotency_key": "Zk3v9Qw1Xr7Tb5Yn2Mc8"}
    first, second = (asker.send("POST", PATH, ASKED, **key) for _ in range(2))
    other = asker.send("POST", PATH, ASKED | {"right": "erasure"}, **key)

    assert first["body"] == second["body"]
    assert problem(other) == (409, "idempotency_key_reused")
    assert len(asker.world.rows("request")) == 1
    assert len(asker.read_mail()) == 1


def test_a_crash_in_between_is_made_good_by_the_next_equal_call(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
):
    key = {"idempotency_key": "Zk3v9Qw1Xr7Tb5Yn2Mc8"}
    with monkeypatch.context() as broken:
        broken.setattr(handler.Codes, "send", _crash)
        assert asker.send("POST", PATH, ASKED, **key)["statusCode"] == 500
    assert asker.read_mail() == []

    assert asker.send("POST", PATH, ASKED, **key)["statusCode"] == 202
    assert len(asker.world.rows("request")) == len(asker.read_mail()) == 1


def _crash(*_: Any, **__: Any) -> Any:
    raise OSError


def test_nobody_without_the_token_sees_or_moves_a_request(asker: Asker):
    made, other = asker.ask(), asker.ask()
    code = asker.code()

    strangers = (
        made | {"token": "x" * 43},
        made | {"token": other["token"]},
        made | {"request": "01M83XJ88000000000000000MM"},
    )
    for stranger in strangers:
        for step in ("", "/verify", "/code", "/withdraw"):
            body = {"code": code} if step == "/verify" else {}
            answer = asker.call(stranger, "POST" if step else "GET", step, body)
            assert problem(answer) == (404, "not_found")
    assert problem(asker.send("GET", f"{PATH}/{made['request']}")) == (404, "not_found")
    assert state(asker.call(made, "GET")) == "received"


def test_a_wrong_code_is_refused_and_after_three_the_right_one_too(asker: Asker):
    made = asker.ask()
    right = asker.code()
    wrong = f"{(int(right) + 1) % 10**6:06}"

    for code in (wrong, wrong, wrong, right):
        answer = asker.call(made, "POST", "/verify", {"code": code})
        assert problem(answer) == (403, "invalid_code")

    assert asker.call(made, "POST", "/code")["statusCode"] == 202
    assert state(asker.call(made, "POST", "/verify", {"code": asker.code()})) == "verified"


def test_five_codes_are_all_that_a_request_sends(asker: Asker):
    made = asker.ask()
    asker.read_mail()
    for _ in range(4):
        asker.world.clock.advance(minutes=1)
        assert asker.call(made, "POST", "/code")["statusCode"] == 202

    assert problem(asker.call(made, "POST", "/code")) == (409, "request_too_many_codes")


def test_a_request_is_taken_back_and_a_second_time_too(asker: Asker):
    made = asker.ask()

    assert state(asker.call(made, "POST", "/withdraw")) == "withdrawn"
    assert state(asker.call(made, "POST", "/withdraw")) == "withdrawn"
    assert asker.call(made, "POST", "/code")["statusCode"] == 409
    # Whose request it was is forgotten, also where a mail was waiting.
    assert asker.read_mail() == []
    assert hits({"email": EMAIL}, {"table": row_text(asker.world.rows())}) == []


def test_who_gives_a_number_only_waits_for_a_person(asker: Asker):
    made = asker.ask(email=None, phone="06 12345678")

    assert state(asker.call(made, "GET")) == "received"
    assert asker.read_mail() == []
    assert problem(asker.call(made, "POST", "/code")) == (409, "request_no_address")
    found = asker.stored("a_demo", made)
    assert found.contact is not None
    assert (found.contact.phone, found.state) == ("+31612345678", "identity_pending")


def test_who_works_at_a_customer_is_answered_by_us(asker: Asker):
    body = {name: value for name, value in ASKED.items() if name != "site"}
    made = json.loads(asker.send("POST", PATH, body)["body"])

    found = asker.stored("leadlayer", made)
    assert (found.person, found.state) == ("platform_user", "identity_pending")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("unknown_site", (404, "not_found")),
        ("no_contact", (422, "contact_missing")),
        ("not_json", (400, "malformed_json")),
        ("wrong_token", (404, "not_found")),
        ("status", (404, "not_found")),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(asker: Asker, event: str, expected: Any):
    before = lead_calls.lasting(asker.world)

    assert problem(asker.handle(load_event(f"dsar.{event}"))) == expected
    assert lead_calls.lasting(asker.world) == before


def test_a_page_of_any_site_may_ask(asker: Asker):
    preflight = asker.handle(load_event("dsar.preflight"))
    answer = asker.handle(load_event("dsar.request"))

    assert preflight["statusCode"] == 204
    assert answer["statusCode"] == 202
    for each in (preflight, answer):
        assert each["headers"]["Access-Control-Allow-Origin"] == "*"
    allowed = preflight["headers"]["Access-Control-Allow-Headers"]
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed.split(", "))


def test_a_flood_from_one_network_ends_with_429(asker: Asker):
    most = handler.REQUESTS_PER_NETWORK
    addresses = [f"n{number}@mail.example" for number in range(most + 1)]
    answers = [asker.send("POST", PATH, ASKED | {"email": each}) for each in addresses]

    assert [answer["statusCode"] for answer in answers] == [202] * most + [429]
    assert int(answers[-1]["headers"]["Retry-After"]) > 0


def test_one_mailbox_gets_no_more_than_its_share_a_day(asker: Asker):
    for _ in range(handler.REQUESTS_PER_ADDRESS):
        asker.ask()

    assert problem(asker.send("POST", PATH, ASKED)) == (429, "too_many_requests")
