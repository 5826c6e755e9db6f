"""Whatever is sent as a setting, it is kept as it may be or refused; nothing else happens."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leadlayer.core.policy import policy
from leadlayer.sites.forms import FIELDS, LimitsForm, NewSiteForm, SiteForm
from leadlayer.sites.model import MODELS, Limits, Site

ODD_TEXTS = st.one_of(
    st.text(max_size=80),
    st.text("htps:/.a@[]%?#\\ 0123456789\uff11\u0660", max_size=40).map("https://{}".format),
    st.from_regex(r"https?://[^/]{0,30}/?", fullmatch=True),
)


def kept(name: str, value: Any) -> Any:
    """What is kept of a setting; None when it is refused."""
    try:
        return getattr(SiteForm.model_validate({name: value}), name)
    except ValidationError:
        return None


@given(ODD_TEXTS)
def test_an_origin_that_is_kept_is_ascii_and_its_own_origin(text: str):
    for origin in kept("origins", [text]) or []:
        parts = urlsplit(origin)
        assert origin == f"{parts.scheme}://{parts.netloc}"
        assert origin.isascii()
        assert origin == origin.lower()
        assert parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1")
        assert parts.port is None or 0 < parts.port < 65_536


@given(ODD_TEXTS)
def test_a_notice_that_is_kept_is_an_https_page_that_html_can_hold(text: str):
    notice = kept("privacy_notice_url", text)

    if notice:
        assert notice.startswith("https://")
        assert notice.isascii()
        assert not set(notice) & set("<>\"'`\\ \t\n")
        assert "@" not in urlsplit(notice).netloc
        assert "." in str(urlsplit(notice).hostname)


@pytest.mark.parametrize("name", SiteForm.model_fields)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["nl", "texts", "name", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_no_value_of_any_shape_does_anything_but_pass_or_be_refused(name: str, value: Any):
    kept(name, value)


def test_a_form_may_ask_for_what_the_policy_declares_and_a_person_can_type():
    assert set(FIELDS) == set(policy().lead_fields) - {"page", "visited_at"}
    assert {field.name for field in Site("s", "a", "n", ()).lead_fields} == set(FIELDS)


def test_the_settings_of_a_new_site_are_within_the_bounds_of_a_change():
    site = Site("s", "a", "n", ())

    assert LimitsForm(**vars(Limits())).turns_per_day == site.limits.turns_per_day
    assert site.model in MODELS


def test_a_refusal_never_quotes_what_was_sent():
    with pytest.raises(ValidationError) as refused:
        NewSiteForm.model_validate({"name": "x", "origins": ["canary7f3a9"]})

    assert "canary7f3a9" not in str(refused.value)
