-- name: hold_recipients
-- Whoever this message goes to opts out before the attempt at it begins, or after that.
SELECT pg_advisory_xact_lock_shared(%(lock_class)s::integer, b.bucket)
FROM (
    SELECT DISTINCT (r.address_hash & 1023)::integer AS bucket
    FROM message_recipients AS r
    WHERE r.customer_id = %(customer_id)s::bigint AND r.message_id = %(message_id)s::uuid
    ORDER BY bucket
) AS b

-- name: hold_addresses
-- No attempt at a message to any of these begins before we commit; 1,024 locks at most.
SELECT pg_advisory_xact_lock(%(lock_class)s::integer, b.bucket)
FROM (
    SELECT DISTINCT (t.hash & 1023)::integer AS bucket
    FROM unnest(%(address_hashes)s::bigint[]) AS t (hash)
    ORDER BY bucket
) AS b
