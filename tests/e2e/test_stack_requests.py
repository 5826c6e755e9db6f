"""On what was deployed: people ask for each right, prove who they are by mail, and are answered."""

import re
from typing import Any, get_args

from dev.stack import seed_facts
from leadlayer.core.policy import policy
from leadlayer.privacy.answers import Right
from tests.e2e.askers import ask
from tests.e2e.customers import sign_in


def test_every_right_is_asked_for_proved_by_mail_and_answered(stack: dict[str, Any]) -> None:
    owner = sign_in(stack, seed_facts.OWNER_EMAIL, number=71)
    site = stack["site"]
    askers = [ask(stack, right, site=site, number=71) for right in get_args(Right)]

    for asker in askers:
        asker.prove()

    shown = owner.get("/v1/requests?state=verified")["items"]
    assert {asker.id for asker in askers} <= {each["id"] for each in shown}
    for asker in askers:
        path = f"/v1/requests/{asker.id}/steps"
        assert owner.call("POST", path, {"step": "review"}).status == 200
        extend = {"step": "extend", "reason": "complex", "months": 1}
        assert owner.call("POST", path, extend).status == 200
        asker.mailed(re.compile(re.escape(policy().authority)))
        assert asker.call("GET").json["state"] == "extended"
        assert asker.call("POST", "/withdraw", {}).json["state"] == "withdrawn"
