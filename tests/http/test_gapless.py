"""Many writers that commit whenever they like; readers that are cut off wherever it hits them."""

import asyncio
from random import Random

from stream_house import StreamHouse, append, open_stream_house

_WRITERS = 20
_CHANGES = 5_000
_OF_A_WRITER = _CHANGES // _WRITERS


async def write(house: StreamHouse, writer: int, rng: Random) -> None:
    """Commit changes in small transactions, each open for a random while."""
    async with await house.connect() as conn:
        done = 0
        while done < _OF_A_WRITER:
            size = min(rng.randint(1, 20), _OF_A_WRITER - done)
            async with conn.transaction():
                for seq in range(done, done + size):
                    await append(conn, writer * _OF_A_WRITER + seq)
                await asyncio.sleep(rng.choice((0, 0, 0.001, 0.02)))
            done += size
        house.feed.poke()


async def follow_pages(house: StreamHouse, rng: Random) -> list[int]:
    """Poll the change list, forgetting the end of a page now and then, as after a crash."""
    seen: list[int] = []
    after = ""
    while len(seen) < _CHANGES:
        listing = await house.changes(f"?limit={rng.randint(1, 300)}{after}")
        items = listing.items
        cursor = listing.page.next_cursor
        if items and rng.random() < 0.3:
            items = items[: rng.randint(1, len(items))]
            cursor = items[-1].cursor
        seen += [item.message_seq or 0 for item in items]
        after = f"&after={cursor}"
    return seen


async def follow_stream(house: StreamHouse, beginning: str, rng: Random) -> list[int]:
    """Read a stream, cut off at random, from the id that was seen last."""
    seen: list[int] = []
    last_id: str | None = beginning
    while len(seen) < _CHANGES:
        async with house.stream(last_id=last_id) as stream:
            for _ in range(min(rng.randint(1, 800), _CHANGES - len(seen))):
                event = await stream.next_event()
                assert event is not None
                assert event.type == "message.received"
                assert event.data is not None
                seen.append(int(str(event.data["message_seq"])))
            last_id = stream.last_id
    return seen


def check_order(seen: list[int]) -> None:
    """Nothing is missing, nothing is there twice, and every writer's changes are in its order."""
    assert len(seen) == _CHANGES
    assert set(seen) == set(range(_CHANGES))
    for writer in range(_WRITERS):
        own = [seq for seq in seen if seq // _OF_A_WRITER == writer]
        assert own == sorted(own)


async def test_twenty_writers_leave_no_gap_and_no_repeat(database_url: str) -> None:
    rng = Random(20)  # noqa: S311  # delays, not secrets
    async with open_stream_house(database_url) as house:
        beginning = (await house.changes()).page.next_cursor
        assert beginning
        writing = [write(house, writer, rng) for writer in range(_WRITERS)]
        reading = [
            follow_pages(house, rng),
            follow_stream(house, beginning, rng),
            follow_stream(house, beginning, rng),
        ]
        seen, _ = await asyncio.gather(asyncio.gather(*reading), asyncio.gather(*writing))
        for told in seen:
            check_order(told)
