-- name: add_opt_ins
-- Let opt-outs of before count no more; what is kept already changes nothing.
INSERT INTO suppression_lifts (customer_id, id, address_hash, channel_id, event_id, lifted_at)
SELECT t.customer_id, t.id, t.address_hash, t.channel_id, t.event_id, t.lifted_at
FROM unnest(
    %(customer_ids)b::bigint[], %(ids)b::uuid[], %(address_hashes)b::bigint[],
    %(channel_ids)b::uuid[], %(event_ids)b::uuid[], %(lifted_ats)b::timestamptz[]
) AS t (customer_id, id, address_hash, channel_id, event_id, lifted_at)
ORDER BY t.customer_id, t.id
ON CONFLICT DO NOTHING
RETURNING customer_id, id

-- name: list_contacts_of_lifts
-- Whose addresses these lifts are of, of those that had anything to lift.
SELECT DISTINCT l.customer_id, a.contact_id
FROM unnest(%(customer_ids)b::bigint[], %(ids)b::uuid[]) AS t (customer_id, id)
JOIN suppression_lifts AS l ON l.customer_id = t.customer_id AND l.id = t.id
JOIN addresses AS a ON a.customer_id = l.customer_id AND a.hash = l.address_hash
WHERE a.contact_id IS NOT NULL
    AND EXISTS (
        SELECT FROM suppressions AS s
        WHERE s.customer_id = l.customer_id AND s.address_hash = l.address_hash
            AND s.channel_id = l.channel_id AND s.since < l.lifted_at
    )
ORDER BY l.customer_id, a.contact_id
