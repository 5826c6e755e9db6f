"""Asks a running stack what a document describes, and says where an answer is not as described."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup

from tests.console_samples import SAMPLES
from tests.e2e.askers import PATH
from tests.e2e.openapi_objects import HOOK, NAME, Everything

# As tests/contract/test_openapi.py, and for its reasons. Which refusal a wrong request meets is
# said there too; here the gateway and its authorizer stand before the functions.
_EXCLUDED = [
    checks.unsupported_method,
    checks.positive_data_acceptance,
    checks.ignored_auth,
    checks.negative_data_rejection,
]
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_EXAMPLES = 2
_SESSIONS = "/v1/sessions"
# At the very end, in this order: they take away what the others need.
_LAST = (
    "POST /v1/account/termination",
    "DELETE /v1/account/termination",
    f"DELETE {_SESSIONS}/{{session}}",
    f"DELETE {_SESSIONS}/current",
    f"DELETE {_SESSIONS}",
)
_ENDS_SIGN_IN = {f"DELETE {_SESSIONS}/current", f"DELETE {_SESSIONS}"}
_VERBS = ("get", "post", "patch", "delete")


@dataclass
class Seen:
    """`faults`: answers that are not as the document says, by operation."""

    statuses: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    faults: list[str] = field(default_factory=list[str])

    def reached(self) -> set[str]:
        """The operations that did what they are for."""
        return {name for name, seen in self.statuses.items() if min(seen) < 400}


class Run:
    """One pass over all operations of `document`, with the objects of `made`."""

    def __init__(self, document: dict[str, Any], made: Everything) -> None:
        self._document = document
        self._schema = schemathesis.openapi.from_dict(document)
        self._made = made
        self._numbers = itertools.count()
        self.seen = Seen()

    def all(self) -> Seen:
        for name in _in_order(self._document):
            self.one(name)
        return self.seen

    def one(self, name: str) -> None:
        """First the call that is right, unless it takes the object away: then that comes last."""
        is_deletion = name.startswith("DELETE")
        if name in _ENDS_SIGN_IN:
            self._right(name)
            return
        if not is_deletion:
            self._right(name)
        for mode in _MODES:
            self._generated(name, mode, with_ids=not is_deletion)
        if is_deletion:
            self._right(name)

    def _right(self, name: str) -> None:
        verb, _, path = name.partition(" ")
        body, query = _sample(name, self._made)
        known = self._made.ids | self._asked(path)
        ids = {key: value for key, value in known.items() if f"{{{key}}}" in path}
        operation = self._schema[path][verb.lower()]
        given_body = {} if body is None else {"body": body, "media_type": "application/json"}
        self._ask(name, operation.Case(path_parameters=ids, query=query, **given_body))

    def _generated(self, name: str, mode: GenerationMode, *, with_ids: bool) -> None:
        verb, _, path = name.partition(" ")

        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self._schema[path][verb.lower()].as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            if with_ids and mode is GenerationMode.POSITIVE:
                known = self._made.ids | self._asked(path)
                case.path_parameters = {
                    key: known.get(key, value) for key, value in case.path_parameters.items()
                }
            self._ask(name, case)

        try:
            ask()
        except Unsatisfiable:
            # An operation without parameters has nothing that could be wrong.
            assert mode is GenerationMode.NEGATIVE

    def _asked(self, path: str) -> dict[str, str]:
        """The request of somebody who does just this with theirs."""
        asker = self._made.askers.get(path.rpartition("/")[2])
        return {"request": asker.id} if asker and path.startswith(f"{PATH}/") else {}

    def _ask(self, name: str, case: schemathesis.Case) -> None:
        stack, number = self._made.stack, next(self._numbers)
        base = stack["chat"].partition("/v1/")[0] if name.endswith("/chat") else stack["api"]
        # A network of its own for each request, because limits count by network.
        headers = {"X-Forwarded-For": f"10.9{number // 250}.{number % 250}.9"}
        headers |= {"Origin": stack["demo"], **self._credential(name)}
        answer = case.call(base_url=base, headers=headers, timeout=30, allow_redirects=False)
        self.seen.statuses[name].add(answer.status_code)
        if answer.status_code >= 500:
            self.seen.faults.append(f"{name}: {answer.status_code}")
        try:
            case.validate_response(answer, excluded_checks=_EXCLUDED)
        except (Failure, FailureGroup) as failure:
            kinds = sorted(
                type(each).__name__ for each in getattr(failure, "exceptions", [failure])
            )
            self.seen.faults.append(f"{name}: {answer.status_code} {', '.join(kinds)}")

    def _credential(self, name: str) -> Mapping[str, str]:
        verb, _, path = name.partition(" ")
        security = self._document["paths"][path][verb.lower()].get("security", [])
        person = self._made.spare if name == f"DELETE {_SESSIONS}/current" else self._made.owner
        if {"customer": []} in security and person is not None:
            return {"Authorization": f"Bearer {person.token}"}
        token = self._made.visitor_token
        if {"requester": []} in security:
            token = self._made.askers[path.rpartition("/")[2]].made["token"]
        return {"Authorization": f"Bearer {token}"} if security else {}


def _in_order(document: dict[str, Any]) -> list[str]:
    """Reading first, deleting after all else, and of the deletions the parts before the whole."""

    def rank(name: str) -> tuple[int, int, int]:
        verb, _, path = name.partition(" ")
        if name in _LAST:
            return len(_VERBS), _LAST.index(name), 0
        # Staff speaks after it has taken over.
        return _VERBS.index(verb.lower()), not path.endswith("/takeover"), -len(path)

    return sorted(_names(document), key=rank)


def _names(document: dict[str, Any]) -> Iterator[str]:
    for path, operations in document["paths"].items():
        for verb in operations:
            yield f"{verb.upper()} {path}"


def _sample(name: str, made: Everything) -> tuple[Any, dict[str, Any]]:
    """Body and query of a call that is right; none for most."""
    site, mail = made.ids["site"], f"new-{made.email}"
    asked = {"email": mail, "language": "en", "challenge": "c" * 43}
    lead = {"email": mail, "consent": {"given": True, "version": "1"}}
    deletion = {"site": site, "leads": [made.ids["lead"]], "confirmation": "DELETE"}
    request = {"right": "access", "site": site, "email": mail}
    own: dict[str, Any] = {
        f"POST {PATH}": request,
        "POST /v1/sessions": made.link,
        "POST /v1/sign-in": asked,
        "POST /v1/sign-up": {**asked, "account_name": "New"},
        "POST /v1/sites/{site}/leads": lead,
        "POST /v1/sites/{site}/chat": {"message": "What do you sell?"},
        "POST /v1/webhooks": {"url": HOOK, "events": ["lead.created"]},
        "POST /v1/sites": {"name": "Second", "origins": [made.stack["demo"]]},
        "POST /v1/members": {"email": mail, "role": "agent"},
        "POST /v1/deletions": {**deletion, "leads": ["01M83XJ88000000000000000MM"]},
        "PATCH /v1/account": {"name": NAME},
    }
    if name == "POST /v1/account/termination":
        # Generated calls have given it another name by now.
        return {"confirmation": made.owner.get("/v1/account")["name"]}, {}
    if name == f"POST {PATH}/{{request}}/verify":
        return {"code": made.askers["verify"].code()}, {}
    if name in own:
        return own[name], {}
    sample = SAMPLES.get(name.replace("{", "<").replace("}", ">"))
    if sample is None:
        return None, {}
    return sample.body, {**sample.query, "site": site} if "site" in sample.query else {}
