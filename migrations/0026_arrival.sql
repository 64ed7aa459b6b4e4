-- Our clock decides attention: a conversation is as late as what arrived in it last, whatever its sender says.
-- In portions, each its own transaction, so that workers wait for few conversations and not for long; what
-- was done before it broke off is done again.
-- transactional: false
DO $$
DECLARE
    last_customer_id bigint := 0;
    last_id uuid := '00000000-0000-0000-0000-000000000000';
    customer_ids bigint[];
    ids uuid[];
BEGIN
    COMMENT ON COLUMN conversations.last_activity_at IS 'When its latest message arrived, by our clock; the list is sorted by it.';
    COMMENT ON COLUMN conversations.last_message_id IS 'The message that arrived last.';
    COMMENT ON COLUMN conversations.last_message_preview IS 'The beginning of the message that arrived last, as one line of text.';
    COMMENT ON COLUMN conversations.waiting_since IS 'When the first message arrived that nobody has answered; NULL where there is none.';
    COMMENT ON COLUMN conversation_overview.last_message_at IS 'When its latest message arrived, by our clock.';
    COMMIT;
    LOOP
        -- Held in the order in which workers hold them.
        SELECT array_agg(held.customer_id), array_agg(held.id) INTO customer_ids, ids
        FROM (
            SELECT c.customer_id, c.id
            FROM conversations AS c
            WHERE (c.customer_id, c.id) > (last_customer_id, last_id)
            ORDER BY c.customer_id, c.id
            LIMIT 2000
            FOR NO KEY UPDATE
        ) AS held;
        EXIT WHEN ids IS NULL;

        UPDATE conversations AS c
        SET last_activity_at = latest.at,
            last_message_id = latest.id,
            last_message_direction = latest.direction,
            last_message_preview = CASE
                WHEN c.last_message_id = latest.id THEN c.last_message_preview
                -- As near as SQL comes to it; a rebuild writes it as a worker would.
                ELSE coalesce(
                    (
                        SELECT left(
                            coalesce(
                                d.text,
                                btrim(regexp_replace(left(b.text, 1280), '\s+', ' ', 'g'))
                            ),
                            160
                        )
                        FROM messages AS m
                        JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
                        LEFT JOIN search_documents AS d
                            ON d.customer_id = m.customer_id AND d.message_id = m.id
                        WHERE m.customer_id = c.customer_id AND m.id = latest.id
                            AND (d.text IS NOT NULL OR m.body_format = 'text')
                    ),
                    ''
                )
            END,
            last_outbound_at = latest.outbound_at,
            waiting_since = (
                SELECT min(w.received_at)
                FROM messages AS w
                WHERE w.customer_id = c.customer_id AND w.conversation_id = c.id
                    AND w.direction = 'inbound'
                    AND (latest.outbound_at IS NULL OR w.received_at > latest.outbound_at)
            )
        FROM unnest(customer_ids, ids) AS t (customer_id, id)
        CROSS JOIN LATERAL (
            SELECT
                m.received_at AS at, m.id, m.direction,
                (
                    SELECT max(o.received_at)
                    FROM messages AS o
                    WHERE o.customer_id = t.customer_id AND o.conversation_id = t.id
                        AND o.direction = 'outbound' AND o.status <> 'canceled'
                ) AS outbound_at
            FROM messages AS m
            WHERE m.customer_id = t.customer_id AND m.conversation_id = t.id
                AND m.status <> 'canceled'
            ORDER BY m.received_at DESC, m.id DESC
            LIMIT 1
        ) AS latest
        WHERE c.customer_id = t.customer_id AND c.id = t.id;

        last_customer_id := customer_ids[cardinality(customer_ids)];
        last_id := ids[cardinality(ids)];
        COMMIT;
    END LOOP;
END
$$
