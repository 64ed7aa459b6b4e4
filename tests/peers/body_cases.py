"""Requests whose time and body Telnyx or Sinch sign, and such as they would not.

Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
Source: sinch/domains/authentication of https://github.com/sinch/sinch-sdk-python
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from signed_case import Case, changed, post, some_fields, some_key, some_url

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is signed; what arrives may be another body, time and key."""

    body: bytes
    time: str
    seed: bytes
    nonce: str
    arriving_body: bytes | None = None
    arriving_time: str | None = None
    arriving_nonce: str | None = None
    known_seed: bytes | None = None


_Break = Callable[[Random, _Request], _Request]


def telnyx_case(title: str, rng: Random) -> Case:
    """Make a request of Telnyx's."""
    request = _TELNYX[title](rng, _fresh(rng))
    private_key = Ed25519PrivateKey.from_private_bytes(request.seed)
    signature = b64encode(private_key.sign(f"{request.time}|".encode() + request.body)).decode()
    known = Ed25519PrivateKey.from_private_bytes(request.known_seed or request.seed).public_key()
    key = _KEYS.get(title, lambda text: text)(b64encode(known.public_bytes_raw()).decode())
    headers = {
        "telnyx-signature-ed25519": _SIGNATURES.get(title, lambda text, _: text)(signature, rng),
        "telnyx-timestamp": _arriving(request.arriving_time, request.time),
    }
    return _case(title, rng, request, headers, key)


def sinch_case(title: str, rng: Random) -> Case:
    """Make a request of Sinch's."""
    request = _SINCH[title](rng, _fresh(rng))
    text = request.body + f".{request.nonce}.{request.time}".encode()
    signature = b64encode(hmac.digest(request.seed.hex().encode(), text, "sha256")).decode()
    name = "x-sinch-webhook-signature"
    headers = {
        name: _SIGNATURES.get(title, lambda text, _: text)(signature, rng),
        f"{name}-nonce": _arriving(request.arriving_nonce, request.nonce),
        f"{name}-timestamp": _arriving(request.arriving_time, request.time),
        f"{name}-algorithm": "HmacSHA256",
    }
    return _case(title, rng, request, headers, (request.known_seed or request.seed).hex())


def _fresh(rng: Random) -> _Request:
    body = msgspec.json.encode({"data": dict(some_fields(rng)), "number": rng.random()})
    return _Request(body=body, time=_in(0), seed=rng.randbytes(32), nonce=some_key(rng)[:26])


def _in(seconds: int) -> str:
    return str(int(datetime.now(UTC).timestamp()) + seconds)


def _arriving(given: str | None, signed: str) -> str | None:
    return None if given == _NONE else signed if given is None else given


def _case(
    title: str, rng: Random, request: _Request, headers: Mapping[str, str | None], key: str
) -> Case:
    there = {name: value for name, value in headers.items() if value is not None}
    body = request.body if request.arriving_body is None else request.arriving_body
    delivery = post(some_url(rng), there, body)
    return Case(title=title, delivery=delivery, secret=key, key=key, now=datetime.now(UTC))


def _at(seconds: int) -> _Break:
    return lambda _, r: replace(r, time=_in(seconds))


_NONE: Final = "none"
_BOTH: Final[Mapping[str, _Break]] = {
    "valid": lambda _, r: r,
    "minutes old": _at(-240),
    "minutes ahead": _at(240),
    "days old": _at(-5 * _DAY),
    "days ahead": _at(5 * _DAY),
    "another key": lambda rng, r: replace(r, known_seed=rng.randbytes(32)),
    "another body": lambda _, r: replace(r, arriving_body=r.body + b" "),
    "an empty body": lambda _, r: replace(r, body=b""),
    "a body that is no UTF-8": lambda _, r: replace(r, body=r.body + b"\xff\xfe"),
    "another time": lambda _, r: replace(r, arriving_time=_in(1)),
    "no time": lambda _, r: replace(r, arriving_time=_NONE),
    "an empty time": lambda _, r: replace(r, time=""),
    "a time that is a word": lambda _, r: replace(r, time="now"),
    "a time with blanks": lambda _, r: replace(r, time=f" {_in(0)} "),
    "a time with a sign": lambda _, r: replace(r, time=f"+{_in(0)}"),
    "a time in milliseconds": lambda _, r: replace(r, time=f"{_in(0)}000"),
    "a time as RFC 3339": lambda _, r: replace(r, time=datetime.now(UTC).isoformat()),
    "no signature": lambda _, r: r,
    "an empty signature": lambda _, r: r,
    "a cut signature": lambda _, r: r,
    "another signature": lambda _, r: r,
    "a signature with blanks": lambda _, r: r,
    "a signature beyond ASCII": lambda _, r: r,
}
_TELNYX: Final[Mapping[str, _Break]] = {
    **_BOTH,
    "a key that is too short": lambda _, r: r,
    "a key that is no base64": lambda _, r: r,
    "a signature with other signs in it": lambda _, r: r,
}
_SINCH: Final[Mapping[str, _Break]] = {
    **_BOTH,
    "another nonce": lambda rng, r: replace(r, arriving_nonce=changed(r.nonce, rng)),
    "no nonce": lambda _, r: replace(r, arriving_nonce=_NONE),
}
_SIGNATURES: Final[Mapping[str, Callable[[str, Random], str | None]]] = {
    "no signature": lambda _, __: None,
    "an empty signature": lambda _, __: "",
    "a cut signature": lambda text, _: text[:-1],
    "another signature": lambda text, rng: changed(text[:-4], rng) + text[-4:],
    "a signature with blanks": lambda text, _: f" {text} ",
    "a signature beyond ASCII": lambda text, _: "é" + text[1:],
    "a signature with other signs in it": lambda text, _: f"{text[:9]}!{text[9:]}",
}
_KEYS: Final[Mapping[str, Callable[[str], str]]] = {
    "a key that is too short": lambda text: text[4:],
    "a key that is no base64": lambda text: "é" + text[1:],
}
TELNYX_TITLES: Final = tuple(_TELNYX)
SINCH_TITLES: Final = tuple(_SINCH)
