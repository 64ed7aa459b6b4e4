"""Requests that Plivo signs, by V3 and by V2, and such as it would not.

Source: https://www.plivo.com/docs/voice/concepts/signature-validation (V3)
Source: https://docs.plivo.com/docs/messaging/concepts/signature-validation (V2)
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Final
from urllib.parse import parse_qsl, urlencode

from signed_case import (
    Case,
    Fields,
    ascii_only,
    changed,
    post,
    some_fields,
    some_key,
    some_url,
    with_port,
)

_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is signed, and with what; what arrives may be another URL, nonce and form."""

    url: str
    fields: Fields
    key: str
    nonce: str
    version: str = "v3"
    method: str = "POST"
    arriving_url: str | None = None
    arriving_fields: Fields | None = None
    arriving_nonce: str | None = None
    known_key: str | None = None


_Break = Callable[[Random, _Request], _Request]


def plivo_case(title: str, rng: Random) -> Case:
    """Make a request of this title."""
    fresh = _Request(
        url=some_url(rng, query=False),
        fields=some_fields(rng),
        key=some_key(rng),
        nonce=str(rng.randrange(10**19, 10**20)),
    )
    request = _WAYS[title](rng, fresh)
    base = _v3(request) if request.version == "v3" else request.url.partition("?")[0]
    signed = base + ("." if request.version == "v3" else "") + request.nonce
    digest = hmac.digest(request.key.encode(), signed.encode(), "sha256")
    signature = _SIGNATURES.get(title, lambda text, _: text)(b64encode(digest).decode(), rng)
    nonce = request.nonce if request.arriving_nonce is None else request.arriving_nonce
    name = f"x-plivo-signature-{request.version}"
    headers = {"content-type": _FORM, f"{name}-nonce": nonce}
    if signature is not None:
        headers[name] = signature
    fields = request.fields if request.arriving_fields is None else request.arriving_fields
    body = b"" if request.method == "GET" else urlencode(fields).encode()
    key = request.known_key or request.key
    return Case(
        title=title,
        delivery=post(request.arriving_url or request.url, headers, body, request.method),
        secret=key,
        key=key,
        now=datetime.now(UTC),
    )


def _v3(request: _Request) -> str:
    place, _, query = request.url.partition("?")
    asked = sorted(parse_qsl(query, keep_blank_values=True))
    fields = sorted(request.fields) if request.method == "POST" else []
    text = place
    if asked or fields:
        text += "?" + "&".join(f"{name}={value}" for name, value in asked)
    if asked and fields:
        text += "."
    return text + "".join(name + value for name, value in fields)


def _query(rng: Random, request: _Request) -> _Request:
    return replace(request, url=some_url(rng, query=True))


def _turned(rng: Random, request: _Request) -> _Request:
    asked = _query(rng, request)
    place, _, query = asked.url.partition("?")
    return replace(asked, arriving_url=f"{place}?{'&'.join(query.split('&')[::-1])}")


def _get(beyond_ascii: bool) -> _Break:
    def ask(rng: Random, request: _Request) -> _Request:
        fields = [*ascii_only(request.fields), ("Z", "Grüße" if beyond_ascii else "1")]
        return replace(request, method="GET", url=f"{request.url}?{urlencode(fields)}")

    return ask


def _another_value(rng: Random, request: _Request) -> _Request:
    (name, value), *others = request.fields
    return replace(request, arriving_fields=[(name, value + "x"), *others])


def _moved(_: Random, request: _Request) -> _Request:
    return replace(request, arriving_url=request.url.replace("webhooks", "webhook"))


def _by_v2(change: _Break) -> _Break:
    return lambda rng, r: change(rng, replace(r, version="v2"))


_WAYS: Final[Mapping[str, _Break]] = {
    "valid": lambda _, r: r,
    "a query": _query,
    "a query in another order": _turned,
    "a GET": _get(beyond_ascii=False),
    "a GET beyond ASCII": _get(beyond_ascii=True),
    "no fields": lambda _, r: replace(r, fields=[]),
    "no fields, and a query": lambda rng, r: replace(_query(rng, r), fields=[]),
    "a field twice": lambda _, r: replace(r, fields=[*r.fields, (r.fields[0][0], "2")]),
    "fields in another order": lambda _, r: replace(r, arriving_fields=r.fields[::-1]),
    "another token": lambda rng, r: replace(r, known_key=some_key(rng)),
    "another value": _another_value,
    "a field more": lambda _, r: replace(r, arriving_fields=[*r.fields, ("Z", "1")]),
    "another nonce": lambda rng, r: replace(r, arriving_nonce=changed(r.nonce, rng)),
    "no nonce": lambda _, r: replace(r, arriving_nonce=""),
    "another path": _moved,
    "another query": lambda _, r: replace(r, arriving_url=f"{r.url}?x=1"),
    "signed with the port": lambda _, r: replace(r, url=with_port(r.url, 443), arriving_url=r.url),
    "a host without a dot": lambda _, r: replace(r, url="https://localhost/webhooks"),
    "an IPv6 address": lambda _, r: replace(r, url="https://[2001:db8::1]/webhooks"),
    "no signature": lambda _, r: r,
    "an empty signature": lambda _, r: r,
    "a cut signature": lambda _, r: r,
    "another signature": lambda _, r: r,
    "several signatures": lambda _, r: r,
    "several signatures with blanks": lambda _, r: r,
    "V2": _by_v2(lambda _, r: r),
    "V2 and a query": _by_v2(_query),
    "V2 and another value": _by_v2(_another_value),
    "V2 and another path": _by_v2(_moved),
    "V2 and another token": _by_v2(lambda rng, r: replace(r, known_key=some_key(rng))),
    "V2 and no signature": _by_v2(lambda _, r: r),
}
_SIGNATURES: Final[Mapping[str, Callable[[str, Random], str | None]]] = {
    "no signature": lambda _, __: None,
    "V2 and no signature": lambda _, __: None,
    "an empty signature": lambda _, __: "",
    "a cut signature": lambda text, _: text[:-1],
    "another signature": changed,
    "several signatures": lambda text, _: f"AAAA,{text}",
    "several signatures with blanks": lambda text, _: f"AAAA, {text}",
}
PLIVO_TITLES: Final = tuple(_WAYS)
