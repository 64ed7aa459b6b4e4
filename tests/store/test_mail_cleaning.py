"""What older rules kept of HTML mail is cleaned anew, the newest first, whatever one does."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, TypeVarTuple

from conftest import OpenConnection
from flows import NOW, a_mail, make_channel, record, values, work

from app.ids import new_id
from domain.long_texts import IN_PLACE, LongTexts, TextNotWorkedOn
from store.database import Connection, connect
from worker.background.consumers import drain_consumer
from worker.background.mail_cleaning import mail_consumer, renew_clean_mail
from worker.background.repeating import BackgroundConfig

T = TypeVar("T")
Given = TypeVarTuple("Given")

_BODIES = ("<p>first</p>", "<p>second</p>", "<p>third</p>")
_KEPT = b"SELECT html FROM clean_bodies ORDER BY created_at"
_BY_OLDER_RULES = b"UPDATE clean_bodies SET cleaning = 0, html = 'older'"


class _AllButOne:
    """Nothing comes of one text."""

    async def work_on(self, length: int, function: Callable[[*Given], T], *given: *Given) -> T:
        if given == (_BODIES[1],):
            raise TextNotWorkedOn
        return function(*given)


def _config(database_url: str, long_texts: LongTexts = IN_PLACE) -> BackgroundConfig:
    return BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: NOW,
        new_id=new_id,
        on_commit=lambda: None,
        long_texts=long_texts,
    )


async def _keep_all(conn: Connection, database_url: str) -> None:
    """Receive mails one after the other, and have older rules keep them."""
    channel = await make_channel(conn, "mail", "email")
    for body in _BODIES:
        mail = replace(a_mail(body[3:6], body=body), body_format="html")
        await record(conn, channel, mail)
        await work(database_url)
        await drain_consumer(conn, mail_consumer())
    assert await values(conn, _KEPT) == list(_BODIES)
    await conn.execute(_BY_OLDER_RULES)


async def test_the_newest_first(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        await _keep_all(conn, database_url)
        steps = renew_clean_mail(conn, NOW, _config(database_url))
        assert await anext(steps) == 1
        assert await values(conn, _KEPT) == ["older", "older", _BODIES[2]]
        assert [done async for done in steps] == [1, 1]
        assert await values(conn, _KEPT) == list(_BODIES)
        again = renew_clean_mail(conn, NOW, _config(database_url))
        assert [done async for done in again] == []


async def test_one_that_nothing_comes_of_is_kept_no_longer_and_holds_up_none(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _keep_all(conn, database_url)
        steps = renew_clean_mail(conn, NOW, _config(database_url, _AllButOne()))
        assert [done async for done in steps] == [1, 1, 1]
        assert await values(conn, _KEPT) == [_BODIES[0], _BODIES[2]]
