"""What the providers' own Python libraries say of a request, used as their pages tell.

A verdict is `accepted`, `refused` (also by the error that the library has for that), or `raised`
and the name of any other error.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any, Final
from urllib.parse import parse_qsl

from signed_case import Case

Verdict = str


class _Form(dict[str, str]):
    """A form as web frameworks have it: the first value by name, and all of them by `getlist`."""

    def __init__(self, body: bytes) -> None:
        self._fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        super().__init__(reversed(self._fields))

    def getlist(self, name: str) -> list[str]:
        return [value for each, value in self._fields if each == name]

    def as_lists(self) -> dict[str, str | list[str]]:
        lists = {name: self.getlist(name) for name in self}
        return {name: found if len(found) > 1 else found[0] for name, found in lists.items()}


@cache
def _module(name: str) -> Any:
    with warnings.catch_warnings(action="ignore"):
        return import_module(name)


@cache
def _file(package: str, path: str) -> Any:
    """Load one file of a package without the rest of it, which takes seconds to compile."""
    place = distribution(package).locate_file(path)
    spec = spec_from_file_location(f"{package}_alone", str(place))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def library_verdict(provider: str, case: Case) -> Verdict:
    """Ask the library of a provider."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return "accepted" if _LIBRARIES[provider](case) else "refused"
    except Exception as error:  # of any kind: what is compared is that it raises
        name = type(error).__name__
        return "refused" if name in _REFUSALS[provider] else f"raised {name}"


def _twilio(case: Case) -> bool:
    validator = _module("twilio.request_validator")
    delivery = case.delivery
    settings = case.headers.get("x-twilio-webhooks-signature-settings")
    is_json = case.headers["content-type"] == "application/json"
    posted = delivery.body.decode() if is_json else _Form(delivery.body)
    return validator.RequestValidator(case.key).validate(
        delivery.url,
        posted if delivery.method == "POST" else {},
        case.headers.get("x-twilio-signature"),
        validator.get_signature_algorithm(settings),
    )


def _plivo(case: Case) -> bool:
    plivo = _module("plivo.utils")
    delivery, headers = case.delivery, case.headers
    if "x-plivo-signature-v2-nonce" in headers:
        nonce, signature = (headers.get(f"x-plivo-signature-v2{end}") for end in ("-nonce", ""))
        return plivo.validate_signature(delivery.url, nonce, signature, case.key)
    nonce, signature = (headers.get(f"x-plivo-signature-v3{end}") for end in ("-nonce", ""))
    posted = _Form(delivery.body).as_lists() if delivery.method == "POST" else {}
    return plivo.validate_v3_signature(
        delivery.method, delivery.url, nonce, case.key, signature, posted
    )


def _messagebird(case: Case) -> bool:
    validator = _module("messagebird.request_validator").RequestValidator(case.key)
    token = case.headers.get("messagebird-signature-jwt")
    validator.validate_signature(token, case.delivery.url, case.delivery.body)
    return True


def _vonage(case: Case) -> bool:
    token = case.headers.get("authorization", "").partition(" ")[2]
    return _module("vonage_jwt").verify_signature(token, case.key)


def _telnyx(case: Case) -> bool:
    module = _file("telnyx", "telnyx/lib/webhook_verification.py")
    module.verify_webhook_signature(case.delivery.body, case.headers, case.key)
    return True


def _sinch(case: Case) -> bool:
    module = _module("sinch.domains.authentication.sinch_events.v1.authentication_validation")
    return module.validate_sinch_event_signature_with_nonce(
        case.key, dict(case.headers), case.delivery.body.decode()
    )


_LIBRARIES: Final[Mapping[str, Callable[[Case], bool]]] = {
    "messagebird": _messagebird,
    "plivo": _plivo,
    "sinch": _sinch,
    "telnyx": _telnyx,
    "twilio": _twilio,
    "vonage": _vonage,
}
# Errors that a library says to raise for what it refuses.
_REFUSALS: Final[Mapping[str, frozenset[str]]] = {
    "messagebird": frozenset({"ValidationError"}),
    "plivo": frozenset(),
    "sinch": frozenset(),
    "telnyx": frozenset({"WebhookVerificationError"}),
    "twilio": frozenset(),
    "vonage": frozenset({"VonageVerifyJwtError"}),
}
