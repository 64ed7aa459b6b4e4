"""Requests that MessageBird and Vonage vouch for with a token, and such as they would not.

Source: messagebird/request_validator.py of https://github.com/messagebird/python-rest-api
Source: https://developer.vonage.com/en/getting-started/concepts/webhooks (signed webhooks)
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Final
from urllib.parse import urlencode

import msgspec
from signed_case import Case, changed, post, some_fields, some_key, some_url, with_port

_DIGESTS: Final = {"HS384": "sha384", "HS512": "sha512"}
_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is vouched for; what arrives may be another URL and another body."""

    url: str
    body: bytes
    key: str
    alg: object = "HS256"
    claims: Mapping[str, object] = field(default_factory=dict[str, object])
    arriving_url: str | None = None
    arriving_body: bytes | None = None
    known_key: str | None = None


_Break = Callable[[Random, _Request], _Request]


def messagebird_case(title: str, rng: Random) -> Case:
    """Make a request of MessageBird's."""
    now = datetime.now(UTC)
    request = _MESSAGEBIRD[title](rng, _fresh(rng))
    claims = {
        "iss": "MessageBird",
        "nbf": int(now.timestamp()) - 20,
        "exp": int(now.timestamp()) + 40,
        "jti": some_key(rng),
        "url_hash": sha256(request.url.encode()).hexdigest(),
        **({"payload_hash": sha256(request.body).hexdigest()} if request.body else {}),
    }
    return _case(title, rng, request, claims, "messagebird-signature-jwt", "")


def vonage_case(title: str, rng: Random) -> Case:
    """Make a request of Vonage's Messages API."""
    request = _VONAGE[title](rng, _fresh(rng))
    claims = {
        "iat": int(datetime.now(UTC).timestamp()) - 5,
        "jti": some_key(rng),
        "iss": "Vonage",
        "payload_hash": sha256(request.body).hexdigest(),
        "api_key": "a1b2c3d",
    }
    return _case(title, rng, request, claims, "authorization", "Bearer ")


def _fresh(rng: Random) -> _Request:
    body = urlencode(some_fields(rng)).encode()
    return _Request(url=some_url(rng), body=body, key=some_key(rng))


def _case(
    title: str, rng: Random, request: _Request, told: Mapping[str, object], header: str, before: str
) -> Case:
    now = datetime.now(UTC)
    moved = {name: _moment(value, now) for name, value in request.claims.items()}
    claims = {name: value for name, value in {**told, **moved}.items() if value is not None}
    token = _token(claims, request.alg, request.key)
    given = _TOKENS.get(title, lambda text, _: text)(token, rng)
    headers = {} if given is None else {header: before + given}
    body = request.body if request.arriving_body is None else request.arriving_body
    key = request.known_key or request.key
    return Case(
        title=title,
        delivery=post(request.arriving_url or request.url, headers, body),
        secret=key,
        key=key,
        now=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _In:
    """A time, so many seconds from now."""

    seconds: int


def _moment(value: object, now: datetime) -> object:
    return int(now.timestamp()) + value.seconds if isinstance(value, _In) else value


def _token(claims: Mapping[str, object], alg: object, key: str) -> str:
    parts = [msgspec.json.encode(part) for part in ({"alg": alg, "typ": "JWT"}, claims)]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    digest = hmac.digest(key.encode(), text, _DIGESTS.get(str(alg), "sha256"))
    signature = b"" if alg == "none" else urlsafe_b64encode(digest).rstrip(b"=")
    return (text + b"." + signature).decode()


def _with(**claims: object) -> _Break:
    return lambda _, r: replace(r, claims=claims)


_BOTH: Final[Mapping[str, _Break]] = {
    "valid": lambda _, r: r,
    "another key": lambda rng, r: replace(r, known_key=some_key(rng)),
    "another body": lambda _, r: replace(r, arriving_body=r.body + b"x"),
    "no token": lambda _, r: r,
    "an empty token": lambda _, r: r,
    "a token in two parts": lambda _, r: r,
    "a cut token": lambda _, r: r,
    "another signature": lambda _, r: r,
    "a token beyond ASCII": lambda _, r: r,
    "no algorithm": lambda _, r: replace(r, alg="none"),
    "an unknown algorithm": lambda _, r: replace(r, alg="HS224"),
    "an algorithm that is a number": lambda _, r: replace(r, alg=256),
    "HS384": lambda _, r: replace(r, alg="HS384"),
    "HS512": lambda _, r: replace(r, alg="HS512"),
    "a hash of the body that is a number": _with(payload_hash=1),
    "no hash of the body": _with(payload_hash=None),
    "a hash of the body in capitals": lambda _, r: replace(
        r, claims={"payload_hash": sha256(r.body).hexdigest().upper()}
    ),
}
_MESSAGEBIRD: Final[Mapping[str, _Break]] = {
    **_BOTH,
    "no body": lambda _, r: replace(r, body=b""),
    "a body that was added": lambda _, r: replace(r, body=b"", arriving_body=b"id=1"),
    "a body that was taken away": lambda _, r: replace(r, arriving_body=b""),
    "an empty hash and no body": lambda _, r: replace(r, body=b"", claims={"payload_hash": ""}),
    "another path": lambda _, r: replace(r, arriving_url=r.url.replace("webhooks", "webhook")),
    "another query": lambda _, r: replace(r, arriving_url=f"{r.url}&x=1"),
    "signed with the port": lambda _, r: replace(r, url=with_port(r.url, 443), arriving_url=r.url),
    "another issuer": _with(iss="Somebody"),
    "no issuer": _with(iss=None),
    "no hash of the URL": _with(url_hash=None),
    "a hash of the URL that is a number": _with(url_hash=1),
    "no beginning": _with(nbf=None),
    "no end": _with(exp=None),
    "an end that is a word": _with(exp="never"),
    "a minute after its end": _with(nbf=_In(seconds=-120), exp=_In(seconds=-60)),
    "a minute before its beginning": _with(nbf=_In(seconds=60), exp=_In(seconds=120)),
    "an hour after its end": _with(nbf=_In(seconds=-_HOUR - 60), exp=_In(seconds=-_HOUR)),
    "an hour before its beginning": _with(nbf=_In(seconds=_HOUR), exp=_In(seconds=_HOUR + 60)),
}
_VONAGE: Final[Mapping[str, _Break]] = {
    **_BOTH,
    "days old": _with(iat=_In(seconds=-5 * 24 * _HOUR)),
    "an hour ahead": _with(iat=_In(seconds=_HOUR)),
    "no time": _with(iat=None),
    "a time that is a word": _with(iat="now"),
    "an end that is over": _with(exp=_In(seconds=-_HOUR)),
}
_TOKENS: Final[Mapping[str, Callable[[str, Random], str | None]]] = {
    "no token": lambda _, __: None,
    "an empty token": lambda _, __: "",
    "a token in two parts": lambda text, _: text.rpartition(".")[0],
    "a cut token": lambda text, _: text[:-2],
    "another signature": lambda text, rng: text[:-43] + changed(text[-43:-2], rng) + text[-2:],
    "a token beyond ASCII": lambda text, _: "é" + text[1:],
}
MESSAGEBIRD_TITLES: Final = tuple(_MESSAGEBIRD)
VONAGE_TITLES: Final = tuple(_VONAGE)
