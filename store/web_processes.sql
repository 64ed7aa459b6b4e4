-- name: report_web_process
-- Say what a web process has done since it started and what waits in it.
INSERT INTO web_processes (
    id, host, pid, version, started_at, accepted, duplicates, rejected, unavailable,
    spool_rows, spool_bytes, spool_oldest_at, waiting_rows, streams, commit_ms
)
VALUES (
    %(id)s, %(host)s, %(pid)s, %(version)s, %(started_at)s, %(accepted)s, %(duplicates)s,
    %(rejected)s, %(unavailable)s, %(spool_rows)s, %(spool_bytes)s, %(spool_oldest_at)s,
    %(waiting_rows)s, %(streams)s, %(commit_ms)s
)
ON CONFLICT (id) DO UPDATE SET
    seen_at = now(),
    accepted = excluded.accepted,
    duplicates = excluded.duplicates,
    rejected = excluded.rejected,
    unavailable = excluded.unavailable,
    spool_rows = excluded.spool_rows,
    spool_bytes = excluded.spool_bytes,
    spool_oldest_at = excluded.spool_oldest_at,
    waiting_rows = excluded.waiting_rows,
    streams = excluded.streams,
    commit_ms = excluded.commit_ms
