"""The queues that a hook can lead to instead of a web server: their URLs, taken apart. Pure.

`sqs+https://...` is the URL that Amazon gives a queue; `nats://HOST:PORT/SUBJECT` is a server of
NATS and where events go there. Operators name them, so they may lie in a network of ours.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

LONGEST_QUEUE_URL = 1_000
MOST_EVENT_BYTES = 1_048_576  # what SQS takes at most, and a server of NATS unless told otherwise

_SQS_SCHEMES = ("sqs+https", "sqs+http")
_NATS_SCHEMES = ("nats", "tls")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_REGION_IN_HOST = re.compile(r"(?:^|\.)sqs(?:-fips)?\.([a-z]{2}(?:-[a-z]+){1,3}-[0-9]{1,2})\.")
_SUBJECT = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_NATS_PORT = 4222


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsQueue:
    """`url` is what Amazon calls the queue; requests go to the root of the `endpoint`."""

    url: str
    endpoint: str
    region: str

    @property
    def keeps_order(self) -> bool:
        """Say whether it is a FIFO queue, in order within a group and free of repetitions."""
        return self.url.endswith(".fifo")


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsSubject:
    """`server` is a URL without path; below `subject` each type of event has a subject."""

    server: str
    subject: str


EventQueue: TypeAlias = SqsQueue | NatsSubject


def is_event_queue(url: str) -> bool:
    """Say whether a hook leads to a queue, by the scheme of its URL."""
    return url.partition("://")[0] in (*_SQS_SCHEMES, *_NATS_SCHEMES)


def read_event_queue(url: str) -> EventQueue | None:
    """Take the URL of a queue apart; None where it is none, or holds a user or password."""
    if len(url) > LONGEST_QUEUE_URL or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.username is not None or parts.fragment:
        return None
    path = parts.path.removeprefix("/")
    if parts.scheme in _SQS_SCHEMES:
        region = _region(host, parts.query)
        endpoint = f"{parts.scheme.removeprefix('sqs+')}://{parts.netloc}"
        url = f"{endpoint}/{path}"
        return SqsQueue(url=url, endpoint=endpoint, region=region) if path and region else None
    if parts.scheme in _NATS_SCHEMES and not parts.query and _SUBJECT.fullmatch(path):
        bare = f"[{host}]" if ":" in host else host
        server = f"{parts.scheme}://{bare}:{port or _NATS_PORT}"
        return NatsSubject(server=server, subject=path)
    return None


def _region(host: str, query: str) -> str | None:
    """Read the region from the name of Amazon's host, or `?region=` at another's."""
    if not query:
        found = _REGION_IN_HOST.search(host)
        return found[1] if found else None
    given = parse_qs(query, keep_blank_values=True)
    if set(given) != {"region"} or len(given["region"]) != 1:
        return None
    return given["region"][0] if _REGION.fullmatch(given["region"][0]) else None
