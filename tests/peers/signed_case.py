"""A signed request, right or wrong, for a provider's own library and for ours.

Everything is drawn from a given `Random`, so that the same seed gives the same requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from string import ascii_lowercase, hexdigits
from typing import Final

from domain.delivery import Delivery

Fields = list[tuple[str, str]]

_NAMES: Final = ("From", "To", "Body", "Text", "MessageSid", "A", "B", "AB", "a", "Sid", "SidFrom")
_TEXTS: Final = (
    "Hello", "+14155550100", "", " ", "a&b=c", "100 % ?", "Grüße", "\U0001f600\u200d", "\0",
    "a\r\nb", "1", "2", "12", "%41", "\u202eabc", "x" * 200,
)  # fmt: skip
_HOSTS: Final = ("inlet.example", "a.b.example", "mycompany.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request: `title` says in which way it is right or wrong.

    `secret` is as a channel has it, `key` as the library is given it.
    """

    title: str
    delivery: Delivery
    secret: str
    key: str
    now: datetime

    @property
    def headers(self) -> Mapping[str, str]:
        return self.delivery.headers


def some_key(rng: Random) -> str:
    return "".join(rng.choices(hexdigits.lower()[:16], k=64))


def some_url(rng: Random, *, query: bool | None = None) -> str:
    """Write a URL without a port, with a query or without one, or either."""
    path = "".join(rng.choices(ascii_lowercase, k=rng.randint(1, 8)))
    url = f"https://{rng.choice(_HOSTS)}/webhooks/{path}"
    if query is None:
        query = rng.random() < 0.4
    return f"{url}?foo={rng.randint(0, 9)}&bar={path}" if query else url


def some_fields(rng: Random, least: int = 1) -> Fields:
    """Write fields of different names."""
    names = rng.sample(_NAMES, rng.randint(least, len(_NAMES)))
    return [(name, rng.choice(_TEXTS)) for name in names]


def ascii_only(fields: Fields) -> Fields:
    return [(name, value.encode("ascii", "ignore").decode()) for name, value in fields]


def with_port(url: str, port: int) -> str:
    scheme, host, *rest = url.split("/", 3)[0], *url.split("/", 3)[2:]
    return "/".join([scheme, "", f"{host}:{port}", *rest])


def changed(text: str, rng: Random) -> str:
    """Write another text of the same length."""
    at = rng.randrange(len(text))
    other = "b" if text[at] == "a" else "a"
    return text[:at] + other + text[at + 1 :]


def post(url: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> Delivery:
    return Delivery(
        method=method, url=url, headers=headers, body=body, received_at=datetime.now(UTC)
    )


def with_header(delivery: Delivery, name: str, value: str | None) -> Delivery:
    """Set a header, or leave it out."""
    others = {each: text for each, text in delivery.headers.items() if each != name}
    return replace(delivery, headers=others if value is None else {**others, name: value})
