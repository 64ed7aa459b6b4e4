"""What others do beside Inlet: job queues on Postgres, with empty jobs, and a reader of mails.

Of the queues, whose rates stand beside the worker's, one process each. Their jobs do nothing, ours
make messages and conversations. Each runs as its documentation says, and once more with
`synchronous_commit = off`, which our worker sets too.
"""

from dataclasses import dataclass
from importlib.util import find_spec

from bench import peer_worker
from bench.databases import empty_database, execute, run
from bench.figures import Figure, figure, skipped
from bench.plan import Plan
from bench.processes import call
from bench.sections import mail_peers

SECTION = "peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    peer: peer_worker.Peer
    setting: str
    at_once: int
    waits_for_disk: bool = True


_CASES = (
    _Case(peer="procrastinate", setting="concurrency 10", at_once=10),
    _Case(peer="procrastinate", setting="concurrency 10", at_once=10, waits_for_disk=False),
    _Case(peer="pgqueuer", setting="batch 10, its default", at_once=10),
    _Case(peer="pgqueuer", setting="batch 100", at_once=100),
    _Case(peer="pgqueuer", setting="batch 100", at_once=100, waits_for_disk=False),
)


def measure(plan: Plan) -> list[Figure]:
    """Measure the peers that are installed."""
    return [*(_measure(plan, case) for case in _CASES), *mail_peers.measure(plan)]


def _measure(plan: Plan, case: _Case) -> Figure:
    commit = "" if case.waits_for_disk else ", no wait for disk"
    name = f"{case.peer}, {case.setting}{commit}"
    if find_spec(case.peer) is None:
        return skipped(SECTION, name, "skipped: pip install '.[peers]'")
    sizes = plan.sizes
    jobs = sizes.procrastinate_jobs if case.peer == "procrastinate" else sizes.pgqueuer_jobs
    with empty_database(plan.server_url) as url:
        if not case.waits_for_disk:
            run(execute(url, _NO_WAIT))
        job = peer_worker.Job(peer=case.peer, database_url=url, jobs=jobs, at_once=case.at_once)
        result = call("bench.peer_worker", job, peer_worker.Result)
    if result.processed != jobs:
        raise RuntimeError(f"{case.peer} ran {result.processed} of {jobs} jobs")
    plan.say(f"{name}: {jobs / result.seconds:,.0f}/s")
    return figure(SECTION, name, jobs / result.seconds, "/s")


_NO_WAIT = b"""
    DO $$
    BEGIN
        EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
    END
    $$
"""
