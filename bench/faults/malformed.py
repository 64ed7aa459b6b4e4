"""Requests as nobody should send them: valid ones bent at random, odd JSON, and raw noise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

import hypothesis
import msgspec
from hypothesis import HealthCheck
from hypothesis import strategies as st

from bench.faults.corpus import corpus
from domain.channel import Channel
from domain.delivery import Delivery
from domain.standard_webhooks import sign_standard_webhook

_POST = b"POST /webhooks/generic/%2e%2e\xff HTTP/1.1\r\nHost: x\r\n"
_FIELDS = (
    "from", "to", "cc", "type", "body", "provider_message_id", "timestamp", "attachments",
    "subject", "message_id", "in_reply_to", "references", "html", "text", "status", "error_code",
    "From", "To", "Body", "MessageSid", "SmsSid", "NumMedia", "MediaUrl0", "MessageStatus",
    "ErrorCode", "AccountSid",
)  # fmt: skip
_CONTENT_TYPES = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "multipart/form-data", "text/plain; charset=utf-16", "", "application/json; charset=klingon",
    "\xff\xfe", "a" * 600,
)  # fmt: skip
_PIECES = (
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"[" * 2000, b'{"a":' * 500,
    b"1e999999", b"-" + b"9" * 400, b"NaN", b"%00", b"%ff", b"%u0041", b"&&&===", b'"' * 50,
    "\u202e\u0000\ufeff".encode(), "😀".encode() * 100, b"+1" + b"5" * 300, b"@" * 300, b"a@[::1]",
    b"<script>", b"0000-00-00T00:00:00Z", b"9999-12-31T23:59:60+99:99", b"\r\n\r\n", b"--x--",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One malformed request. Without a channel it is noise that need not be HTTP at all."""

    raw: bytes
    channel: Channel | None = None
    delivery: Delivery | None = None


def malformed(seeds: Sequence[tuple[Channel, Delivery]], many: int, rng: Random) -> Iterator[Odd]:
    """Make so many requests: most bent ones, some odd JSON, some of the corpus, some noise."""
    bodies = cycle([*_odd_json(min(many // 10, 5_000)), *(body[1:] for body in corpus())])
    for number in range(many):
        channel, seed = rng.choice(seeds)
        match number % 20:
            case 0:
                yield Odd(raw=_noise(seed, rng))
            case one if one < 6:
                yield _request(channel, seed, next(bodies), rng)
            case _:
                yield _request(channel, seed, _bent(seed.body, rng), rng)


def _request(channel: Channel, seed: Delivery, body: bytes, rng: Random) -> Odd:
    headers = dict(seed.headers)
    if rng.random() < 0.2:
        headers["content-type"] = rng.choice(_CONTENT_TYPES)
    if rng.random() < 0.1 and headers:
        headers.pop(rng.choice(list(headers)))
    if channel.secrets and rng.random() < 0.7:
        headers |= _signed(body, channel, seed, rng)
    headers.pop("content-length", None)
    method = rng.choice(("GET", "PUT", "DELETE")) if rng.random() < 0.02 else "POST"
    path = f"/webhooks/{channel.provider}/{channel.token}"
    if rng.random() < 0.1:
        path += "?" + rng.choice(("a=%00", "a=1&a=2", "%", "From=%ff%fe", "x" * 3000))
    delivery = Delivery(
        method=method, url=path, headers=headers, body=body, received_at=seed.received_at
    )
    return Odd(raw=_written(path, delivery), channel=channel, delivery=delivery)


def _signed(body: bytes, channel: Channel, seed: Delivery, rng: Random) -> Mapping[str, str]:
    if channel.provider != "generic":
        return {}
    identity = f"{rng.getrandbits(64):x}"
    return sign_standard_webhook(identity, body, channel.secrets[0], seed.received_at)


def _written(path: str, delivery: Delivery) -> bytes:
    fields = {"host": "localhost", **delivery.headers, "content-length": str(len(delivery.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{delivery.method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + delivery.body


def _bent(body: bytes, rng: Random) -> bytes:
    bent = bytearray(body)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(bent) + 1)
        match rng.randrange(6):
            case 0:
                del bent[at:]
            case 1:
                bent[at:at] = rng.choice(_PIECES)
            case 2:
                bent[at : at + rng.randint(1, 20)] = rng.randbytes(rng.randint(0, 20))
            case 3 if bent:
                bent[at % len(bent)] ^= 1 << rng.randrange(8)
            case 4:
                bent[at:at] = bent[: rng.randint(0, 40)]
            case _:
                del bent[at : at + rng.randint(1, 30)]
    return bytes(bent)


def _noise(seed: Delivery, rng: Random) -> bytes:
    match rng.randrange(6):
        case 0:
            return rng.randbytes(rng.randint(1, 400)) + b"\r\n\r\n"
        case 1:
            return _POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
        case 2:
            return _POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"
        case 3:
            return b"GET /webhooks/" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n"
        case 4:
            return b"POST / HTTP/9.9\r\n\r\n"
        case _:
            return (
                b"POST /webhooks/generic/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + seed.body[:50]
            )


def _odd_json(many: int) -> list[bytes]:
    """Let hypothesis write objects with the fields that adapters look for."""
    scalar = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary().map(repr)
    )
    value = st.recursive(scalar, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
    shape = st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=8), value, max_size=12)
    found: list[bytes] = []

    @hypothesis.settings(
        max_examples=max(many, 1), database=None, deadline=None, derandomize=True,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )  # fmt: skip
    @hypothesis.given(shape)
    def collect(document: dict[str, object]) -> None:
        found.append(_encoded(document))

    collect()
    return found


def _encoded(document: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(document)
    except (UnicodeEncodeError, msgspec.MsgspecError, OverflowError):
        return repr(document).encode("utf-8", "surrogatepass")
