"""What a person at the inbox asks for, as bytes: what they do, and what their page does by itself.

A person has a session's cookie, as `seed_people.sql` made it. Knows no socket and no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from domain.web_session import COOKIE, CSRF_HEADER, csrf_token

Kind = Literal[
    "list", "thread", "search", "counts", "reply", "stream",
    "side panel", "read mark", "presence", "changed rows",
]  # fmt: skip

# What a person does, of a hundred steps. They answer once in eight: with half a minute to think
# before each step, that is 15 answers an hour.
STEPS: Sequence[tuple[Kind, int]] = (
    ("list", 26), ("thread", 36), ("counts", 16), ("search", 8), ("reply", 12), ("stream", 2),
)  # fmt: skip

# Views of the page, and the same lists of the API.
_VIEWS = (
    ("open", "status=open,pending"),
    ("mine", "assignee=me&status=open,pending"),
    ("unassigned", "assignee=none&status=open,pending"),
    ("needs_reply", "needs_reply=true"),
    ("unread", "unread=true"),
)
_REPLY = (
    b'{"body":"Thank you for writing. Your parcel is on its way and should be with you on Friday.'
    b' We are sorry that it took so long. Your number is %d.","undo_seconds":5}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the people of all customers can look at, by the page or by the API.

    Ids are the same for each customer.
    """

    host: str
    is_page: bool
    conversations: Sequence[str]
    words: Sequence[str]


class Person:
    """Writes the requests of one session; `open_id` is the conversation that their page shows."""

    __slots__ = ("_desk", "_fields", "_rng", "_token", "open_id")

    def __init__(self, desk: Desk, customer_id: int, number: int, rng: Random) -> None:
        cookie = f"person-{customer_id}-{number}"
        self._desk = desk
        self._rng = rng
        self._fields = f"Host: {desk.host}\r\nCookie: {COOKIE}={cookie}\r\n"
        self._token = f"{CSRF_HEADER}: {csrf_token(cookie)}\r\n"
        self.open_id = rng.choice(desk.conversations)

    def step(self, kind: Kind) -> bytes:
        """Write the request of a step."""
        if kind == "thread":
            self.open_id = self._rng.choice(self._desk.conversations)
        if kind == "reply":
            path = f"/api/conversations/{self.open_id}/messages"
            key = f"idempotency-key: {self._rng.randbytes(16).hex()}\r\n"
            return self._change("POST", path, _REPLY % self._rng.randrange(10**9), key)
        if kind == "stream":
            return self._get("/api/stream", "text/event-stream")
        return self._of_page(kind) if self._desk.is_page else self._of_api(kind)

    def rows(self, ids: Sequence[str]) -> bytes:
        """Ask for rows that have changed."""
        return self._fragment(f"/inbox/rows?view=open&ids={','.join(ids)}")

    def _of_api(self, kind: Kind) -> bytes:
        match kind:
            case "list":
                filters = self._rng.choice(_VIEWS)[1]
                return self._get(f"/api/conversations?{filters}&limit=50")
            case "search":
                return self._get(f"/api/conversations?q={self._rng.choice(self._desk.words)}")
            case "counts":
                return self._get("/api/conversations/counts")
            case _:
                return self._get(f"/api/conversations/{self.open_id}/messages?limit=50")

    def _of_page(self, kind: Kind) -> bytes:
        conversation = f"/api/conversations/{self.open_id}"
        match kind:
            case "list":
                return self._fragment(f"/inbox/list?view={self._rng.choice(_VIEWS)[0]}")
            case "search":
                words = self._rng.choice(self._desk.words)
                return self._fragment(f"/inbox/list?view=open&q={words}")
            case "counts":
                return self._fragment("/inbox/views?view=open")
            case "side panel":
                return self._fragment(f"/inbox/c/{self.open_id}/side")
            case "read mark":
                return self._change("PUT", f"{conversation}/read", b'{"last_read_seq":1}')
            case "presence":
                return self._change("POST", f"{conversation}/presence", b'{"state":"viewing"}')
            case _:
                return self._fragment(f"/inbox/c/{self.open_id}/thread?view=open")

    def _get(self, path: str, accept: str = "application/json") -> bytes:
        return f"GET {path} HTTP/1.1\r\n{self._fields}Accept: {accept}\r\n\r\n".encode()

    def _fragment(self, path: str) -> bytes:
        return self._get(path, "text/html\r\nX-Fragment: 1")

    def _change(self, method: str, path: str, body: bytes, fields: str = "") -> bytes:
        head = (
            f"{method} {path} HTTP/1.1\r\n{self._fields}{self._token}{fields}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
