"""A new customer with one of everything that a path of docs/openapi.json names, made over HTTP."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.askers import Asker, ask
from tests.e2e.customers import Person, challenge_of, post, sign_in, until, wait_for_link
from tests.e2e.visitors import Visitor

NAME = "Everything B.V."
NOTICE = "https://shop.example/privacy"
# Nobody listens there, so what is sent there comes to nothing at once.
HOOK = "http://127.0.0.1:9/hook"


@dataclass
class Everything:
    """`ids` are by the names of the path parameters; `spare` is a session that may be ended."""

    stack: dict[str, Any]
    email: str
    owner: Person
    ids: dict[str, str] = field(default_factory=dict[str, str])
    visitor_token: str = ""
    spare: Person | None = None
    link: dict[str, str] = field(default_factory=dict[str, str])
    # By the last part of the address that is asked with each.
    askers: dict[str, Asker] = field(default_factory=dict[str, Asker])

    def make(self, name: str, path: str, body: Any) -> str:
        answer = self.owner.call("POST", path, body)
        assert answer.status in {201, 202}, (path, answer.status, answer.body)
        self.ids[name] = answer.json["id"]
        return self.ids[name]


def one_of_everything(stack: dict[str, Any]) -> Everything:
    email = f"everything-{secrets.token_hex(4)}@example.com"
    made = Everything(stack, email, _signed_up(stack, email))
    site = made.make("site", "/v1/sites", {"name": "Shop", "origins": [stack["demo"]]})
    collecting = {
        "privacy_notice_url": NOTICE,
        "consent": {"texts": {"en": "You may write to me."}},
    }
    changed = made.owner.call("PATCH", f"/v1/sites/{site}", collecting)
    assert changed.status == 200, changed.body
    # The webhook is told of the leads.
    _of_colleagues(made)
    _of_visitors(made)
    _of_askers(made)
    made.spare = sign_in(stack, email, number=61)
    made.ids["session"] = next(
        each["id"] for each in made.spare.get("/v1/sessions")["items"] if each["current"]
    )
    made.spare = sign_in(stack, email, number=62)
    made.link = _unopened_link(made)
    _of_the_background(made)
    return made


def _signed_up(stack: dict[str, Any], email: str) -> Person:
    verifier = secrets.token_urlsafe(48)
    body = {"email": email, "language": "en", "challenge": challenge_of(verifier)}
    asked = post(stack, "/v1/sign-up", body | {"account_name": NAME}, number=60)
    assert asked.status == 202, asked.body
    link = {"token": wait_for_link(stack, email, known=set()), "verifier": verifier}
    opened = post(stack, "/v1/sessions", link, number=60)
    assert opened.status == 201, opened.body
    return Person(stack, opened.json["token"])


def _unopened_link(made: Everything) -> dict[str, str]:
    """Of somebody else: one address gets few links in an hour."""
    verifier = secrets.token_urlsafe(48)
    email = f"newer-{secrets.token_hex(4)}@example.com"
    body = {"email": email, "language": "en", "challenge": challenge_of(verifier)}
    asked = post(made.stack, "/v1/sign-up", body | {"account_name": "Newer"}, number=63)
    assert asked.status == 202, asked.body
    return {"token": wait_for_link(made.stack, email, known=set()), "verifier": verifier}


def _of_visitors(made: Everything) -> None:
    """Two leads, one of which is to be deleted in the background, and a conversation."""
    site = made.ids["site"]
    chat = made.stack["chat"].replace(f"/{made.stack['site']}/", f"/{site}/")
    visitor = Visitor({**made.stack, "site": site, "chat": chat}, 64)
    assert visitor.say("What do you sell?").status == 200
    made.ids["conversation"] = visitor.conversation["conversation"]
    made.visitor_token = visitor.conversation["token"]
    left = [visitor.leave(name="Noor", email=f"noor-{each}@example.com") for each in (1, 2)]
    assert [each.status for each in left] == [201, 201], left[0].body
    made.ids["lead"] = left[0].json["lead"]
    made.make("note", f"/v1/sites/{site}/leads/{made.ids['lead']}/notes", {"text": "Called."})
    doomed = {"site": site, "leads": [left[1].json["lead"]], "confirmation": "DELETE"}
    made.make("deletion", "/v1/deletions", doomed)


def _of_askers(made: Everything) -> None:
    """A request that staff can go on with, and one for each thing that can be done with one."""
    site = made.ids["site"]
    for number, last in enumerate(("staff", "{request}", "verify", "code", "withdraw")):
        made.askers[last] = ask(made.stack, "access", site=site, number=66 + number)
    made.askers["staff"].prove()
    made.ids["request"] = made.askers["staff"].id


def _of_colleagues(made: Everything) -> None:
    made.make("key", "/v1/api-keys", {"name": "CRM", "role": "viewer", "days": 30})
    made.make("member", "/v1/members", {"email": f"agent-{made.email}", "role": "agent"})
    made.make("webhook", "/v1/webhooks", {"url": HOOK, "events": ["lead.created"]})


def _of_the_background(made: Everything) -> None:
    """What comes of the above by itself: a file, a notice of it, a delivery."""
    deletion, hook = f"/v1/deletions/{made.ids['deletion']}", f"/v1/webhooks/{made.ids['webhook']}"
    # It withdraws the exports that there are.
    assert any(made.owner.get(deletion)["state"] == "done" for _ in until(60))
    export = f"/v1/exports/{made.make('export', '/v1/exports', {'format': 'csv'})}"
    assert any(made.owner.get(export)["state"] == "ready" for _ in until(60))
    made.ids["token"] = made.owner.call("POST", f"{export}/link").json["url"].rpartition("/")[2]
    made.ids["notice"] = made.owner.get("/v1/notices")["items"][0]["id"]
    made.ids["delivery"] = _delivery(made, f"{hook}/deliveries")


def _delivery(made: Everything, path: str) -> str:
    """Of the lead that stays: those of the other one go with it."""
    for _ in until(30):
        for each in made.owner.get(path)["items"]:
            if made.ids["lead"] in each["delivery"]:
                return each["delivery"]
    raise AssertionError("the webhook was not told of the lead")
