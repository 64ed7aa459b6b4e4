"""What is wrong with a field, in the words of the option that gave it."""

import re
from collections.abc import Generator
from contextlib import contextmanager

from domain.errors import OperatorError, ValidationFailed

_OPTIONS = {
    "further_addresses": "--also-own",
    "sends_per_second": "--rate",
    "signature_mode": "--mode",
    "secrets": "--secret",
}


@contextmanager
def named_options(argument: str | None = None) -> Generator[None]:
    """Name options where the block refuses a field; `argument` is what the address is called.

    Raises: OperatorError.
    """
    try:
        yield
    except ValidationFailed as error:
        field = error.errors[0].name
        option = _OPTIONS.get(field, f"--{field.replace('_', '-')}")
        if argument and field == "address":
            option = argument
        raise OperatorError(re.sub(rf"^{field}\b", option, error.detail)) from None
