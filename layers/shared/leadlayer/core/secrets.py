"""Platform secrets, from SSM SecureString parameters, kept in memory for fifteen minutes."""

from collections.abc import Callable

from aws_lambda_powertools.utilities import parameters

Secret = Callable[[str], str]

_MAX_AGE_S = 900


def from_parameter_store(prefix: str) -> Secret:
    """A function of a parameter's short name. An empty secret is an error: it signs anything."""

    def secret(name: str) -> str:
        value = parameters.get_parameter(f"{prefix}/{name}", decrypt=True, max_age=_MAX_AGE_S)
        if not value:
            message = f"the parameter {prefix}/{name} is empty"
            raise LookupError(message)
        return str(value)

    return secret
