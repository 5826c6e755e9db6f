"""Kinds of text that a stranger may send, and the strict form that holds them."""

import re
import unicodedata
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
)

# Zs, Zl and Zp would be text; Cc and Cf are controls and invisible direction marks.
_CONTROL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Joiners belong to words in several scripts and to emoji.
_JOINERS = frozenset({"\u200c", "\u200d"})


def _printable(text: str) -> str:
    for character in text:
        if (
            character not in "\n\t"
            and character not in _JOINERS
            and unicodedata.category(character) in _CONTROL
        ):
            message = "control characters are not allowed"
            raise ValueError(message)
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        message = "line breaks are not allowed"
        raise ValueError(message)
    return _printable(text)


def _bare_address(value: object) -> object:
    # EmailStr also takes "Name <a@x>", which is two facts in one field, and drops the name before
    # a later validator could see it. What is no text at all is left for EmailStr to refuse.
    if not isinstance(value, str):
        return value
    if "<" in value or ">" in value:
        message = "only an address is allowed"
        raise ValueError(message)
    return _one_line(value)


_PHONE = re.compile(r"[+()\d\s./-]{6,32}")


def _phone_like(text: str) -> str:
    if _PHONE.fullmatch(text) is None:
        message = "not a phone number"
        raise ValueError(message)
    return _one_line(text)


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_one_line),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_printable),
]
EmailAddress = Annotated[EmailStr, Field(max_length=254), BeforeValidator(_bare_address)]
Phone = Annotated[str, AfterValidator(_phone_like)]
Page = Annotated[str, StringConstraints(max_length=2000)]
Opaque = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class StrictForm(BaseModel):
    """Refuses unknown fields and silent conversions."""

    # hide_input_in_errors: the text of a validation error may end in a traceback.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, frozen=True)
