"""One spelling for each e-mail address and phone number, so that one person is found as one."""

import phonenumbers

from leadlayer.core.errors import Problem


def normal_email(text: str) -> str:
    """Lower case throughout: mailboxes that differ by case alone are one person in practice."""
    return text.strip().lower()


def normal_phone(text: str, *, country: str) -> str:
    """E.164, with the site's country for national numbers. Raises Problem 422 when no number can
    look like this. Possible, not assigned: numbering plans change faster than libraries."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise _not_a_phone() from None
    if not phonenumbers.is_possible_number(number):
        raise _not_a_phone()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _not_a_phone() -> Problem:
    errors = [{"field": "phone", "reason": "phone_number"}]
    return Problem(
        422, "invalid_request", "The body does not have the expected form.", errors=errors
    )
