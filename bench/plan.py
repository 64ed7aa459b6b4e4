"""What every section is given: a server to use, how much to do, and where to say how it goes."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much each section does. Rounds are medians in the table."""

    ingest_connections: tuple[int, ...] = (8, 32, 128)
    ingest_rounds: int = 3
    ingest_seconds: float = 4.0
    worker_events: int = 100_000
    worker_mails: int = 20_000
    worker_contacts: int = 5_000
    worker_rounds: int = 3
    few_conversations: int = 10_000
    many_conversations: int = 1_000_000
    list_calls: int = 600
    wal_messages: int = 20_000
    wal_batch: int = 20
    procrastinate_jobs: int = 2_000
    pgqueuer_jobs: int = 20_000
    streams: int = 5_000
    stream_customers: int = 50
    stream_rate: float = 200.0
    stream_seconds: float = 10.0
    feed_changes: int = 100_000
    people: tuple[int, ...] = (5_000, 4_000, 3_000, 2_000, 1_000, 500)
    people_at_page: tuple[int, ...] = (2_000, 1_000, 500, 250, 100)
    people_customers: int = 50
    people_conversations: int = 2_000
    people_think_seconds: float = 45.0
    people_seconds: float = 60.0
    rollup_seconds: float = 30.0
    rollup_conversations: int = 1_000_000
    page_seconds: float = 10.0
    hook_seconds: float = 4.0
    hostile_length: int = 1 << 20
    large_mail_mb: float = 40.0


FULL = Sizes()
# Enough to see that every section runs to its end.
QUICK = Sizes(
    ingest_connections=(8,),
    ingest_rounds=1,
    ingest_seconds=0.5,
    worker_events=1_000,
    worker_mails=200,
    worker_contacts=100,
    worker_rounds=1,
    few_conversations=1_000,
    many_conversations=4_000,
    list_calls=10,
    wal_messages=2_000,
    procrastinate_jobs=50,
    pgqueuer_jobs=500,
    streams=40,
    stream_customers=4,
    stream_seconds=1.0,
    feed_changes=1_000,
    people=(8,),
    people_at_page=(8,),
    people_customers=2,
    people_conversations=100,
    people_think_seconds=1.0,
    people_seconds=2.0,
    rollup_seconds=2.0,
    rollup_conversations=300,
    page_seconds=1.0,
    hook_seconds=0.5,
    hostile_length=1 << 16,
    large_mail_mb=8.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    server_url: str
    sizes: Sizes
    say: Callable[[str], None]
