"""What the tests of retry, drop and replay share: orders, jobs done step by step, dead letters."""

from flows import NOW, until
from operator_samples import fail_all, store_channel, store_event

from app.ids import new_id
from domain.actor import Actor
from domain.recovery import EventSelection, Order, RecoveryKind
from inbox.operations.jobs import get_job
from inbox.operations.recovery import Recovery, recover
from store.database import Connection, connect
from store.jobs import StoredJob
from worker.background.jobs import step_job
from worker.background.repeating import BackgroundConfig

OPERATOR = Actor(customer_id=1)
FAST = Order(events_per_second=100_000)


def beside(database_url: str) -> BackgroundConfig:
    return BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: NOW,
        new_id=new_id,
        on_commit=lambda: None,
    )


async def give_order(
    conn: Connection, kind: RecoveryKind, selection: EventSelection, order: Order = FAST
) -> Recovery:
    async with conn.transaction():
        return await recover(conn, OPERATOR, kind, selection, order, new_id=new_id)


async def ask(
    conn: Connection, kind: RecoveryKind, selection: EventSelection, order: Order = FAST
) -> StoredJob:
    job = (await give_order(conn, kind, selection, order)).job
    assert job is not None
    return job


async def finish(database_url: str, conn: Connection, job: StoredJob) -> StoredJob:
    """Do steps until the job has ended, resting as it wants."""

    async def has_ended() -> bool:
        await step_job(conn, beside(database_url))
        return (await get_job(conn, 1, job.id)).ended_at is not None

    await until(has_ended)
    return await get_job(conn, 1, job.id)


async def dead_letters(conn: Connection, name: str, numbers: range, error_class: str) -> list[str]:
    channel = await store_channel(conn, name)
    ids = [await store_event(conn, channel, number) for number in numbers]
    await fail_all(conn, error_class)
    return ids
