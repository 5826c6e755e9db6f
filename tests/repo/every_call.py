"""Every function does everything it does, once: what the roles of the template must allow.

The handlers run as they are wired in Lambda; where a test double prepares something, nobody does.
"""

import importlib
import json
import re
import secrets
import time
from collections.abc import Set
from dataclasses import replace
from typing import Any

from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS

from leadlayer.accounts.model import Member, normal_email
from leadlayer.accounts.store import AccountStore
from leadlayer.console.access import Rule
from leadlayer.console.app import routes_of
from leadlayer.core.clock import utc_now
from leadlayer.core.crypto import Keyring
from tests.clocks import FixedClock
from tests.console_calls import ConsoleCalls
from tests.console_samples import SAMPLES, one_of_everything, path_of
from tests.repo import purge_story
from tests.repo.recorded_aws import (
    BROKEN,
    GONE,
    NOBODY,
    ROOT_KEY,
    TABLE,
    Provider,
    Recorder,
    client,
)
from tests.world import Context, World, load_event

_VERIFIER = "v" * 43
_CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
_OWNER = "mila@kiln.example"
_LINK = re.compile(r"#/sign-in/([\w-]+)")
_CODE = re.compile(r"\b\d{6}\b")


class Story:
    def __init__(self, world: World, hook: str) -> None:
        self._hook = hook
        self._calls = ConsoleCalls(replace(world, keyring=Keyring.from_hex(ROOT_KEY)))
        self._world = self._calls.world

    def tell(self) -> None:
        self._visitors()
        self._people_sign_in()
        self._people_ask()
        self._console()

    # Visitors

    def _visitors(self) -> None:
        for name in ("leads.valid", "pixel.valid", "web.widget_config", "mailer.schedule"):
            _call(name.split(".")[0], load_event(name))
        _forget_salts()
        gone = _chat_until_a_lead_is_left()
        self._job("erasure", gone, site="s_demo")
        _call("mailer", load_event("mailer.schedule"))

    # People

    def _people_sign_in(self) -> None:
        owner = Member("m_mila", "a_demo", _OWNER, "owner")
        person = self._world.keyring.person(normal_email(_OWNER))
        AccountStore(self._world.table).save_member(owner, person=person)
        named = {"email": "new@other.example", "account_name": "Other", "language": "en"}
        known = {"email": _OWNER, "language": "en"}
        for case, body in (("sign_up", named), ("sign_in", known), ("sign_in", known)):
            _forget_salts()
            event = load_event(f"sign_in.{case}", body={**body, "challenge": _CHALLENGE})
            assert _call("sign_in", event)["statusCode"] == 202
            token = self._link()
            proof = {"token": token, "verifier": _VERIFIER}
            answer = _call("sign_in", load_event("sign_in.session", body=proof))
            assert answer["statusCode"] == 201, answer
            self._authorize(json.loads(answer["body"])["token"])

    def _link(self) -> str:
        Provider.seen.clear()
        _call("mailer", load_event("mailer.schedule"))
        links = [_LINK.search(json.loads(body).get("text", "")) for body in Provider.seen]
        return next(found[1] for found in links if found)

    def _authorize(self, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        said = _call("authorizer", load_event("authorizer.session", headers=headers))
        assert said["isAuthorized"] is True

    def _people_ask(self) -> None:
        """About their data: once to the end of what they can do, once taken back."""
        for last, retried in (("verify", True), ("withdraw", False)):
            key = {"idempotency-key": secrets.token_urlsafe(24)}
            _forget_salts()
            event = load_event("dsar.request", headers=key)
            answers = [_call("dsar", event) for _ in range(1 + retried)]
            assert {answer["statusCode"] for answer in answers} == {202}, answers
            made = json.loads(answers[-1]["body"])
            self._asker(made, "GET")
            Provider.seen.clear()
            _call("mailer", load_event("mailer.schedule"))
            codes = [_CODE.search(json.loads(body).get("text", "")) for body in Provider.seen]
            code = next(found[0] for found in codes if found)
            self._asker(made, "POST", f"/{last}", {"code": code} if last == "verify" else {})

    def _asker(self, made: dict[str, str], method: str, step: str = "", body: Any = None) -> None:
        path = f"/v1/privacy/requests/{made['request']}{step}"
        headers = {"authorization": f"Bearer {made['token']}"}
        event = load_event(
            "dsar.status" if method == "GET" else "dsar.wrong_token", body=body, headers=headers
        )
        event["rawPath"] = path
        event["requestContext"]["http"] |= {"method": method, "path": path}
        answer = _call("dsar", event)
        assert answer["statusCode"] == 200, answer

    # The console, and what it sets going

    def _console(self) -> None:
        self._world.clock = FixedClock(utc_now())
        self._job("deletion", one_of_everything(self._calls)["deletion"])
        self._delete_conversation_alone()
        ids = one_of_everything(self._calls)
        self._job("export", ids["export"])
        _fail_deliveries()
        rules = {rule.call: rule for rule in routes_of(self._calls.deps).rules}
        terminating = [call for call in rules if "termination" in call]
        for call in _in_turn(rules.keys() - {*terminating, "GET /v1/downloads/<token>"}):
            if call == "DELETE /v1/sites/<site>/conversations/<conversation>":
                # The one before went with its lead.
                ids = one_of_everything(self._calls)
            self._route(rules[call], ids)
        self._ask("DELETE", "/v1/members/m_viewer")
        self._webhooks()
        for call in terminating:
            self._route(rules[call], ids)
        self._purge()

    def _route(self, rule: Rule, ids: dict[str, str]) -> None:
        sample = SAMPLES[rule.call]
        body = sample.body
        if rule.call == "POST /v1/webhooks":
            body = {"url": self._hook, "events": ["lead.created", "conversation.started"]}
            for end in (BROKEN, GONE):
                self._ask("POST", "/v1/webhooks", body | {"url": self._hook + end})
        if rule.call == "PATCH /v1/sites/<site>/leads/<lead>":
            body = {**body, "email": "noor@example.org"}
        if rule.call.endswith("/denial"):
            self._propose_to_deny(ids)
        answer = self._ask(rule.method, path_of(rule, ids), body, dict(sample.query))
        assert answer["statusCode"] < 400, (rule.call, answer)
        shown = json.loads(answer["body"]) if answer["body"] else {}
        if rule.call == "POST /v1/api-keys":
            self._authorize(shown["key"])
        if rule.call.endswith("/link"):
            self._download(shown["url"])

    def _propose_to_deny(self, ids: dict[str, str]) -> None:
        path = f"/v1/requests/{ids['request']}/steps"
        proposal = {"step": "propose", "decision": "denied", "ground": "excessive"}
        answer = self._ask("POST", path, proposal, role="privacy_officer")
        assert answer["statusCode"] == 200, answer

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        **caller: Any,
    ) -> dict[str, Any]:
        event = self._calls.event(method, path, body, query=query, **caller)
        event["requestContext"]["authorizer"]["lambda"]["signed_in_at"] = int(time.time())
        if method == "POST":
            event["headers"]["idempotency-key"] = secrets.token_urlsafe(24)
        return _call("console", event)

    def _download(self, url: str) -> None:
        event = self._calls.event("GET", f"/v1/{url}")
        del event["requestContext"]["authorizer"]
        assert _call("console", event)["statusCode"] == 303

    def _job(self, kind: str, job: str, **place: str) -> None:
        event = load_event("jobs.export")
        body = {"kind": kind, "account": "a_demo", "job": job, **place}
        event["Records"][0]["body"] = json.dumps(body)
        assert _call("jobs", event) == {"batchItemFailures": []}
        _call("jobs", load_event("jobs.schedule"))

    def _delete_conversation_alone(self) -> None:
        """In bulk, and its lead stays."""
        # The other conversation's lead went just now.
        body = {"site": "s_demo", "conversations": ["c_1"], "confirmation": "DELETE"}
        self._job("deletion", self._calls.call("POST", "/v1/deletions", body)[1]["id"])
        assert len(self._world.rows("conversation")) == 0
        assert len(self._world.rows("lead")) > 0

    def _webhooks(self) -> None:
        ids = one_of_everything(self._calls)
        lead = (f"LEADS#{ids['site']}", f"LEAD#{ids['lead']}")
        conversation = (f"CONV#{ids['site']}#{ids['conversation']}", "META")
        for pk, sk in (lead, conversation):
            event = load_event("webhooks.lead")
            event["Records"][0]["dynamodb"]["Keys"] = {"pk": {"S": pk}, "sk": {"S": sk}}
            assert _call("webhooks", event) == {"batchItemFailures": []}
        _call("webhooks", load_event("webhooks.schedule"))

    def _purge(self) -> None:
        """What is overdue by itself, and then the account with all the rest."""
        ids = purge_story.somebody(self._world)
        purge_story.conversation_overdue(ids)
        assert _call("purge", load_event("purge.dry_run")) == {"conversation": 1}
        assert _call("purge", load_event("purge.schedule")) == {"conversation": 1}
        purge_story.lead_overdue(ids)
        purge_story.month_overdue(ids["site"])
        assert _call("purge", load_event("purge.schedule")) == {"lead": 1, "month": 1}
        purge_story.account_overdue(self._world)
        assert _call("purge", load_event("purge.schedule")) == {"account": 1}


def _in_turn(calls: Set[str]) -> list[str]:
    """Looking, changing and making before removing; what lies below goes before what is above."""
    order = ["GET", "PATCH", "POST", "DELETE"]
    deepest = sorted(sorted(calls, reverse=True), key=lambda call: -call.count("/"))
    return sorted(deepest, key=lambda call: order.index(call.split(" ")[0]))


def _call(function: str, event: dict[str, Any]) -> Any:
    # Kept secrets would hide who asks for them; the client of the store may stay.
    for provider in DEFAULT_PROVIDERS.values():
        provider.clear_cache()
    Recorder.function = function
    try:
        handler = importlib.import_module(f"functions.{function}.handler")
        return handler.lambda_handler(event, Context())
    finally:
        Recorder.function = NOBODY


def _chat_until_a_lead_is_left() -> str:
    """Contact details, consent, what staff said, and then the visitor deletes the conversation,
    whose id is given."""
    known: dict[str, str] = {}
    for turn, said in enumerate(("Mail me op noor@example.com", "Ja, dat mag", "Dank u")):
        key = {"Idempotency-Key": f"grants-test-{turn:012}"}
        event = load_event("chat.json", body={"message": said, **known}, headers=key)
        reply = json.loads(_call("chat", event)["body"])
        known = {name: reply[name] for name in ("conversation", "token")}
    _forget_salts()
    for name, function in (("replies.poll", "replies"), ("chat.delete", "chat")):
        event = load_event(name, headers={"authorization": f"Bearer {known['token']}"})
        event["headers"] |= {"Authorization": f"Bearer {known['token']}"}
        place = {"site": "s_demo", "id": known["conversation"]}
        path = re.sub("conversations/[^/]+", f"conversations/{known['conversation']}", _path(event))
        changes = {"path": path, "rawPath": path, "pathParameters": place}
        assert _call(function, event | changes)["statusCode"] in {200, 204}
    return known["conversation"]


def _fail_deliveries() -> None:
    """Only what has failed can be tried again by hand."""
    rows = client("dynamodb").scan(TableName=TABLE)["Items"]
    for row in (row for row in rows if row["type"]["S"] == "delivery"):
        client("dynamodb").put_item(TableName=TABLE, Item=row | {"state": {"S": "failed"}})


def _path(event: dict[str, Any]) -> str:
    return event.get("rawPath") or event["path"]


def _forget_salts() -> None:
    """Whichever function is first on a day makes the day's salt: here each of them."""
    salts = {":salt": {"S": "RATE#SALT"}}
    found = client("dynamodb").query(
        TableName=TABLE, KeyConditionExpression="pk = :salt", ExpressionAttributeValues=salts
    )
    for row in found["Items"]:
        key = {name: row[name] for name in ("pk", "sk")}
        client("dynamodb").delete_item(TableName=TABLE, Key=key)
