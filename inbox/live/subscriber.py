"""One open stream as the feed sees it: whose changes it wants, and from where on.

While it catches up from the outbox, what happens meanwhile is kept for it; then what it has been
sent already is left out. Knows no database.
"""

from collections.abc import Callable, Sequence

from starlette.types import Send

from domain.api_key import ApiKey
from inbox.http.auth import Credential
from inbox.live.event import HEARTBEAT, change_frame, heartbeat_frame, reset_frame
from inbox.live.metrics import RESETS
from inbox.live.outlet import MOST_PENDING_BYTES, Outlet
from store.changes import BEGINNING, ChangeCursor, OutboxRow


class Block:
    """Some changes of one customer, in order, encoded once for all of its streams."""

    __slots__ = ("_frames", "first", "last", "whole")

    def __init__(self, rows: Sequence[OutboxRow]) -> None:
        self._frames = [(row.cursor, change_frame(row)) for row in rows]
        self.first = rows[0].cursor
        self.last = rows[-1].cursor
        self.whole = b"".join(frame for _, frame in self._frames)

    def behind(self, seen: ChangeCursor) -> bytes:
        """Encode what lies behind a cursor."""
        return b"".join(frame for cursor, frame in self._frames if cursor > seen)


class Subscriber:
    """One stream. `head` is how far the feed has told everything."""

    __slots__ = (
        "_head", "_held", "_held_bytes", "_is_ended", "_outlet", "_seen", "credential",
        "customer_id", "key",
    )  # fmt: skip

    def __init__(
        self,
        key: ApiKey,
        credential: Credential,
        send: Send,
        head: Callable[[], ChangeCursor],
    ) -> None:
        self.customer_id = key.customer_id
        self.key = key
        self.credential = credential
        self._head = head
        self._held: list[Block] | None = []
        self._held_bytes = 0
        self._is_ended = False
        self._seen = BEGINNING
        self._outlet = Outlet(send, self._last_words)

    @property
    def is_over(self) -> bool:
        return self._is_ended or self._outlet.is_over

    def tell(self, block: Block) -> None:
        """Send changes, in the order of the outbox."""
        if self._held is not None:
            self._hold(self._held, block)
        elif block.first > self._seen:
            self._outlet.write(block.whole)
        elif block.last > self._seen:
            self._outlet.write(block.behind(self._seen))

    def mention(self, frame: bytes) -> None:
        """Send what is of the moment only."""
        if self._held is None:
            self._outlet.write(frame)

    def beat(self) -> None:
        """Show that the stream lives."""
        if self._held is None:
            head = self._head()
            # A client that has read further elsewhere must not be sent back.
            self._outlet.write(HEARTBEAT if head < self._seen else heartbeat_frame(head))

    def go_live(self, seen: ChangeCursor) -> None:
        """Send what happened while the client caught up to `seen`, and from now on at once."""
        held = self._held or []
        self._held = None
        self._seen = seen
        if self._held_bytes > MOST_PENDING_BYTES:
            self._seen = self._head()
            self._outlet.write(self._last_words())
        elif late := b"".join(block.behind(seen) for block in held):
            self._outlet.write(late)
        if self._is_ended:
            self._outlet.end()

    def reset(self) -> None:
        """Tell the client to load everything anew."""
        if self._held is None:
            self._seen = self._head()
            self._outlet.write(self._last_words())
        else:
            self._held_bytes = MOST_PENDING_BYTES + 1

    def end(self) -> None:
        """Finish the stream; the client may come back."""
        self._is_ended = True
        if self._held is None:
            self._outlet.end()

    def _hold(self, held: list[Block], block: Block) -> None:
        self._held_bytes += len(block.whole)
        if self._held_bytes <= MOST_PENDING_BYTES:
            held.append(block)
        else:
            held.clear()

    def _last_words(self) -> bytes:
        RESETS.inc()
        return reset_frame(self._head())
