"""Requests that Twilio signs, and such as it would not.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
Source: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Final
from urllib.parse import urlencode

from signed_case import (
    Case,
    Fields,
    changed,
    post,
    some_fields,
    some_key,
    some_url,
    with_header,
    with_port,
)

_SIGNATURE: Final = "x-twilio-signature"
_SETTINGS: Final = "x-twilio-webhooks-signature-settings"
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = b'{"property": "value", "boolean": true}'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is signed, and with what; what arrives may be another URL and other fields."""

    url: str
    fields: Fields
    key: str
    digest: str = "sha1"
    method: str = "POST"
    body: bytes | None = None
    content_type: str = _FORM
    arriving_url: str | None = None
    arriving_fields: Fields | None = None
    known_key: str | None = None
    settings: str | None = None
    shared: str = ""


_Break = Callable[[Random, _Request], _Request]


def twilio_case(title: str, rng: Random) -> Case:
    """Make a request of this title."""
    fresh = _Request(url=some_url(rng), fields=some_fields(rng), key=some_key(rng))
    request = _WAYS[title](rng, fresh)
    text = request.url
    if request.body is None and request.method == "POST":
        text += "".join(name + value for name, value in sorted(set(request.fields)))
    digest = hmac.digest(request.key.encode(), text.encode(), request.digest)
    signature = b64encode(digest).decode()
    fields = request.fields if request.arriving_fields is None else request.arriving_fields
    body = urlencode(fields).encode() if request.body is None else request.body
    headers = {"content-type": request.content_type, _SIGNATURE: signature}
    if request.settings is not None:
        headers[_SETTINGS] = request.settings
    delivery = post(request.arriving_url or request.url, headers, body, request.method)
    given = _SIGNATURES.get(title, lambda text, _: text)(signature, rng)
    key = request.known_key or request.key
    return Case(
        title=title,
        delivery=with_header(delivery, _SIGNATURE, given),
        secret=request.shared + key,
        key=key,
        now=datetime.now(UTC),
    )


def _json(rng: Random, request: _Request) -> _Request:
    url = f"{some_url(rng, query=True)}&bodySHA256={sha256(_JSON).hexdigest()}"
    return replace(request, url=url, body=_JSON, content_type="application/json")


def _json_changed(rng: Random, request: _Request) -> _Request:
    signed = _json(rng, request)
    return replace(signed, body=_JSON.replace(b"true", b"null"))


def _json_unhashed(rng: Random, request: _Request) -> _Request:
    return replace(_json(rng, request), url=some_url(rng))


def _json_upper(rng: Random, request: _Request) -> _Request:
    signed = _json(rng, request)
    plain = sha256(_JSON).hexdigest()
    return replace(signed, url=signed.url.replace(plain, plain.upper()))


def _form_with_hash(rng: Random, request: _Request) -> _Request:
    return replace(request, url=f"{some_url(rng)}?bodySHA256={'0' * 64}")


def _another_value(rng: Random, request: _Request) -> _Request:
    at = rng.randrange(len(request.fields))
    name, value = request.fields[at]
    fields = [*request.fields[:at], (name, value + "x"), *request.fields[at + 1 :]]
    return replace(request, arriving_fields=fields)


def _place(before: str, after: str) -> _Break:
    """Sign the URL at one place, and let it arrive at another."""

    def move(rng: Random, request: _Request) -> _Request:
        path = request.url.split("/", 3)[3]
        return replace(request, url=f"{before}/{path}", arriving_url=f"{after}/{path}")

    return move


def _shared(digest: str, settings: str | None) -> _Break:
    def sign(rng: Random, request: _Request) -> _Request:
        return replace(request, digest=digest, settings=settings, shared="sha256:")

    return sign


_KEYED: Final = "key=webhooks_sharedkey_1,algorithm="
_WAYS: Final[Mapping[str, _Break]] = {
    "valid": lambda _, r: r,
    "signed with the port": lambda _, r: replace(r, url=with_port(r.url, 443), arriving_url=r.url),
    "arriving with the port": lambda _, r: replace(r, arriving_url=with_port(r.url, 443)),
    "arriving at another port": lambda _, r: replace(r, arriving_url=with_port(r.url, 8443)),
    "another token": lambda rng, r: replace(r, known_key=some_key(rng)),
    "another value": _another_value,
    "a field more": lambda _, r: replace(r, arriving_fields=[*r.fields, ("Z", "1")]),
    "a field less": lambda _, r: replace(r, arriving_fields=r.fields[1:]),
    "another path": lambda _, r: replace(r, arriving_url=r.url.replace("/webhooks", "/webhook")),
    "a query more": lambda _, r: replace(r, arriving_url=f"{r.url}&x=1"),
    "no signature": lambda _, r: r,
    "an empty signature": lambda _, r: r,
    "a cut signature": lambda _, r: r,
    "another signature": lambda _, r: r,
    "a signature in lower case": lambda _, r: r,
    "a signature with blanks": lambda _, r: r,
    "a signature beyond ASCII": lambda _, r: r,
    "a field twice": lambda _, r: replace(r, fields=[*r.fields, (r.fields[0][0], "2"), ("Z", "")]),
    "a field twice alike": lambda _, r: replace(r, fields=[*r.fields, r.fields[0]]),
    "no fields": lambda _, r: replace(r, fields=[]),
    "fields in another order": lambda _, r: replace(r, arriving_fields=r.fields[::-1]),
    "a value that moved into a name": lambda _, r: replace(
        r, fields=[("A", "1"), ("B", "2")], arriving_fields=[("A", "1B2")]
    ),
    "a GET": lambda rng, r: replace(r, url=some_url(rng, query=True), method="GET", body=b""),
    "JSON": _json,
    "JSON that was changed": _json_changed,
    "JSON without its hash": _json_unhashed,
    "JSON with its hash in capitals": _json_upper,
    "a form with a hash in its URL": _form_with_hash,
    "a name and a port": _place("https://a:b@h.example", "https://a:b@h.example:8443"),
    "an IPv6 address": _place("https://[2001:db8::1]", "https://[2001:db8::1]"),
    "an IPv6 address and a port": _place("https://[2001:db8::1]", "https://[2001:db8::1]:8443"),
    "a port that is none": _place("https://h.example:99999", "https://h.example:99999"),
    "a scheme in capitals": _place("HTTPS://h.example", "HTTPS://h.example"),
    "a question mark and no query": lambda rng, r: replace(r, url=some_url(rng, query=False) + "?"),
    "a fragment": lambda _, r: replace(r, url=f"{r.url}#rc=2"),
    "a shared key": _shared("sha256", _KEYED + "HMAC_SHA256"),
    "a shared key in small letters": _shared("sha256", _KEYED + "hmac_sha256"),
    "a shared key, and another value": lambda rng, r: _another_value(
        rng, _shared("sha256", _KEYED + "HMAC_SHA256")(rng, r)
    ),
    "a shared key by which SHA-1 is chosen": _shared("sha1", _KEYED + "HMAC_SHA1"),
    "a shared key by an unknown algorithm": _shared("md5", _KEYED + "HMAC_MD5"),
    "a shared key whose algorithm is not told": _shared("sha256", "key=webhooks_sharedkey_1"),
    "a token by which SHA-256 is chosen": lambda _, r: replace(
        r, digest="sha256", settings=_KEYED + "HMAC_SHA256"
    ),
}
_SIGNATURES: Final[Mapping[str, Callable[[str, Random], str | None]]] = {
    "no signature": lambda _, __: None,
    "an empty signature": lambda _, __: "",
    "a cut signature": lambda text, _: text[:-1],
    "another signature": changed,
    "a signature in lower case": lambda text, _: text.lower(),
    "a signature with blanks": lambda text, _: f" {text}",
    "a signature beyond ASCII": lambda text, _: "é" + text[1:],
}
TWILIO_TITLES: Final = tuple(_WAYS)
