"""What a customer may set on a site; anything else is refused, with the field and the reason."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from leadlayer.core.forms import Line, StrictForm, Text
from leadlayer.core.policy import policy
from leadlayer.sites.model import MODELS, MOST_KNOWLEDGE, Language, PixelMode

MOST_ORIGINS = 20
# A row of the table takes 400 KB (DynamoDB developer guide, "Quotas"): this, and all other texts at
# their longest, escaped as they are stored.
_MOST_KNOWLEDGE_BYTES = 250_000
# Host names as browsers send them (RFC 6454): lower case, punycode, no dot at the end.
_ORIGIN = re.compile(
    r"https://(?=.{1,253}(?::|$))[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+(:[0-9]{1,5})?"
    r"|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?"
)
# A page that may stand in an attribute of a tag; no user name, which would hide the host.
_PAGE = re.compile(
    r"https://[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+(:[0-9]{1,5})?"
    r"([/?#][!#-&(-;=?-\[\]^_a-~]*)?"
)
_COUNTRY = r"^[A-Z]{2}$"


def _origin(text: str) -> str:
    origin = text.lower()
    if _ORIGIN.fullmatch(origin) is None:
        raise PydanticCustomError("not_an_https_origin", "https and a host, without a path")
    port = urlsplit(origin).netloc.rpartition(":")[2]
    if port.isdecimal() and not 0 < int(port) < 65_536:
        raise PydanticCustomError("not_an_https_origin", "no such port")
    return origin.removesuffix(":443") if origin.startswith("https") else origin


def _notice(text: str) -> str:
    if text and _PAGE.fullmatch(text) is None:
        raise PydanticCustomError("not_an_https_url", "a page of the customer's, with https")
    return text


def _known_model(name: str) -> str:
    if name not in MODELS:
        raise PydanticCustomError("unknown_model", "not one of the models")
    return name


def _declared(name: str) -> str:
    if name not in FIELDS:
        raise PydanticCustomError("unknown_field", "leads have no such field")
    return name


def _storable(text: str) -> str:
    if len(text.encode()) > _MOST_KNOWLEDGE_BYTES:
        raise PydanticCustomError("too_many_bytes", "fewer characters outside the Latin ones")
    return text


def _each_once(items: list[str]) -> list[str]:
    if len(set(items)) < len(items):
        raise PydanticCustomError("given_twice", "each one once")
    return items


# What a form may ask for; where and when somebody was is never asked (P03).
FIELDS = tuple(name for name in policy().lead_fields if name not in ("page", "visited_at"))
Origin = Annotated[str, StringConstraints(max_length=300), AfterValidator(_origin)]
Origins = Annotated[
    list[Origin], Field(min_length=1, max_length=MOST_ORIGINS), AfterValidator(_each_once)
]
Notice = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_notice)
]
# Pasted from anywhere, and read by nobody but the model: whatever characters it has.
Knowledge = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_KNOWLEDGE),
    AfterValidator(_storable),
]
Greeting = Annotated[Text, StringConstraints(max_length=500)]
Months = Annotated[int, Field(ge=1)]


class LeadFieldForm(StrictForm):
    name: Annotated[str, AfterValidator(_declared)]
    required: bool = False


class ConsentTextForm(StrictForm):
    """All of the texts; a changed one makes a new version by itself."""

    texts: dict[Language, Text]
    required: bool = True


class LimitsForm(StrictForm):
    turns_per_conversation: Annotated[int, Field(ge=1, le=200)] | None = None
    turns_per_day: Annotated[int, Field(ge=1, le=100_000)] | None = None
    tokens_per_day: Annotated[int, Field(ge=10_000, le=100_000_000)] | None = None
    answer_tokens: Annotated[int, Field(ge=50, le=4_000)] | None = None


class NewSiteForm(StrictForm):
    """The body of POST /v1/sites."""

    name: Line
    origins: Origins
    language: Language = "nl"
    privacy_notice_url: Notice = ""


class SiteForm(StrictForm):
    """The body of PATCH /v1/sites/{site}: what is left out, or null, stays as it is."""

    name: Line | None = None
    origins: Origins | None = None
    privacy_notice_url: Notice | None = None
    language: Language | None = None
    languages: Annotated[list[Language], Field(min_length=1), AfterValidator(_each_once)] | None = (
        None
    )
    country: Annotated[str, StringConstraints(pattern=_COUNTRY)] | None = None
    greetings: dict[Language, Greeting] | None = None
    knowledge: Knowledge | None = None
    lead_fields: Annotated[list[LeadFieldForm], Field(min_length=1, max_length=10)] | None = None
    consent: ConsentTextForm | None = None
    pixel_mode: PixelMode | None = None
    model: Annotated[str, AfterValidator(_known_model)] | None = None
    limits: LimitsForm | None = None


class RetentionForm(StrictForm):
    """The body of PATCH /v1/sites/{site}/retention; null is the policy's own period."""

    months: Months | None
