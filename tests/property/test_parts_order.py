"""Parts of texts in any order, repeated, in any portions, for two workers at once, with replays
between: the same texts, and a rebuild finds no difference.

Which event is a text's first depends on what came in first, so texts are compared, not their ids.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dividing import a_part, let_wait, make_vonage, texts_of
from flows import conversations, count_of, empty, record, work
from hypothesis import given
from hypothesis import strategies as st
from rebuilding import compare, found, look, lose, mend

from domain.divided_text import joined_text
from store.channels import find_channel
from store.database import Connection, connect
from store.replay import replay_events

_SENDERS = ("14155550101", "14155550102")
_PIECES = ("Hello ", "", " 👋", "\n\n", "STOP")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """One text; `pieces` are those of its parts that come in, by their numbers."""

    name: str
    total: int
    pieces: dict[int, str]

    @property
    def expected(self) -> str:
        return joined_text(self.pieces, self.total)

    @property
    def parts(self) -> list[bytes]:
        return [
            a_part(
                number,
                self.total,
                piece,
                identity=f"{self.name}-{number}",
                reference=self.name,
                sender=_SENDERS[len(self.pieces) % 2],
            )
            for number, piece in self.pieces.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    texts: Sequence[_Text]
    arrivals: Sequence[bytes]
    portion: int
    batch_size: int
    replays: bool


@st.composite
def _plans(draw: st.DrawFn) -> _Plan:
    texts: list[_Text] = []
    for nth in range(draw(st.integers(1, 4))):
        total = draw(st.integers(2, 5))
        there = draw(st.sets(st.integers(1, total), min_size=1)) if draw(st.booleans()) else None
        numbers = sorted(there or range(1, total + 1))
        pieces = {number: draw(st.sampled_from(_PIECES)) for number in numbers}
        texts.append(_Text(name=f"t{nth}", total=total, pieces=pieces))
    parts = [part for text in texts for part in text.parts]
    again = draw(st.lists(st.sampled_from(parts), max_size=6))
    return _Plan(
        texts=texts,
        arrivals=draw(st.permutations(parts + again)),
        portion=draw(st.integers(1, 6)),
        batch_size=draw(st.sampled_from((1, 2, 100))),
        replays=draw(st.booleans()),
    )


@given(plan=_plans())
def test_parts_make_the_same_texts(database_url: str, run: Callable[..., Any], plan: _Plan) -> None:
    run(_come_in, database_url, plan)


async def _come_in(database_url: str, plan: _Plan) -> None:
    async with await connect(database_url, "tests") as conn:
        await empty(conn)
        stored = await find_channel(conn, 1, "vonage")
        channel = stored.channel if stored else await make_vonage(conn)
        for start in range(0, len(plan.arrivals), plan.portion):
            await record(conn, channel, *plan.arrivals[start : start + plan.portion])
            await _work_by_two(database_url, plan.batch_size)
            if plan.replays:
                await replay_events(conn, 1)
        await _work_by_two(database_url, plan.batch_size)
        assert await _texts(conn) == _expected(plan, whole=True)
        assert await count_of(conn, "inbound_failures") == 0
        await let_wait(conn)
        await _work_by_two(database_url, plan.batch_size)
        assert await _texts(conn) == _expected(plan, whole=False)
        assert await count_of(conn, "inbound_queue") == 0
        assert await count_of(conn, "inbound_failures") == 0
        await _rebuild(database_url, conn)
        assert await _texts(conn) == _expected(plan, whole=False)


async def _work_by_two(database_url: str, batch_size: int) -> None:
    await asyncio.gather(*(work(database_url, batch_size) for _ in range(2)))


async def _rebuild(database_url: str, conn: Connection) -> None:
    """Compare, lose some, and bring them back."""
    assert found(await compare(database_url)) == {}
    assert await look(conn) == 0
    before = await conversations(conn)
    await lose(conn, [name for seen in before for name in seen.messages][::2])
    await mend(database_url)
    assert await conversations(conn) == before
    assert found(await compare(database_url)) == {}


async def _texts(conn: Connection) -> list[str]:
    return sorted(text for text, _ in await texts_of(conn))


def _expected(plan: _Plan, *, whole: bool) -> list[str]:
    """List the texts that are there; those that are whole need not be waited for."""
    texts = [text for text in plan.texts if not whole or len(text.pieces) == text.total]
    return sorted(text.expected for text in texts)
