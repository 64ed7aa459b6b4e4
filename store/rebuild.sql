-- name: make_schema
-- Make the second schema: the derived tables, empty, and what is noted on the way.
DO $$
BEGIN
    DROP SCHEMA IF EXISTS rebuild CASCADE;
    CREATE SCHEMA rebuild;
    CREATE UNLOGGED TABLE rebuild.contacts (LIKE public.contacts INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.addresses (LIKE public.addresses INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.bodies (LIKE public.bodies INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.conversations (LIKE public.conversations INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.conversation_participants (
        LIKE public.conversation_participants INCLUDING ALL
    );
    CREATE UNLOGGED TABLE rebuild.messages (LIKE public.messages INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.message_recipients (LIKE public.message_recipients INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.message_copies (LIKE public.message_copies INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.attachments (LIKE public.attachments INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.message_receipts (LIKE public.message_receipts INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.email_message_ids (LIKE public.email_message_ids INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.email_awaited (LIKE public.email_awaited INCLUDING ALL);
    -- What follows stands before the tables of people and followers, which a rebuild must not touch.
    CREATE UNLOGGED TABLE rebuild.conversation_merges (
        LIKE public.conversation_merges INCLUDING ALL
    );
    CREATE UNLOGGED TABLE rebuild.conversation_tags (LIKE public.conversation_tags INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.notes (LIKE public.notes INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.read_marks (LIKE public.read_marks INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.outbound_queue (LIKE public.outbound_queue INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.outbox (LIKE public.outbox INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.media_fetches (LIKE public.media_fetches INCLUDING ALL);
    -- Every event that was read, and what it stands for.
    CREATE UNLOGGED TABLE rebuild.derived (
        customer_id bigint NOT NULL,
        event_id uuid NOT NULL,
        channel_id uuid NOT NULL,
        kind text NOT NULL,
        key_hash uuid,
        home uuid,
        own_id uuid,
        own_kind text,
        own_address text,
        preview text,
        PRIMARY KEY (customer_id, event_id)
    );
    CREATE UNLOGGED TABLE rebuild.refs (
        customer_id bigint NOT NULL,
        channel_id uuid NOT NULL,
        event_id uuid NOT NULL,
        hash uuid NOT NULL
    );
    -- Conversations that merges and splits tie together, under one name each.
    CREATE UNLOGGED TABLE rebuild.families (
        customer_id bigint NOT NULL,
        id uuid NOT NULL,
        family uuid NOT NULL,
        PRIMARY KEY (customer_id, id)
    );
    CREATE UNLOGGED TABLE rebuild.key_families (
        customer_id bigint NOT NULL,
        channel_id uuid NOT NULL,
        key_hash uuid NOT NULL,
        family uuid NOT NULL,
        PRIMARY KEY (customer_id, family, channel_id, key_hash)
    );
    CREATE UNLOGGED TABLE rebuild.lasting_copies (
        customer_id bigint NOT NULL,
        event_id uuid NOT NULL,
        PRIMARY KEY (customer_id, event_id)
    );
    CREATE UNLOGGED TABLE rebuild.answers (
        customer_id bigint NOT NULL,
        event_id uuid NOT NULL,
        bearer_id uuid NOT NULL
    );
    CREATE UNLOGGED TABLE rebuild.explained (
        customer_id bigint NOT NULL,
        id uuid NOT NULL,
        PRIMARY KEY (customer_id, id)
    );
    -- Which hash a value has here, and which one it has in public.
    CREATE UNLOGGED TABLE rebuild.address_map (
        customer_id bigint NOT NULL,
        rebuilt bigint NOT NULL,
        stored bigint,
        PRIMARY KEY (customer_id, rebuilt)
    );
    CREATE UNLOGGED TABLE rebuild.body_map (LIKE rebuild.address_map INCLUDING ALL);
    -- Which hashes, as in public, are own addresses of a channel, and which a message came to or from.
    CREATE UNLOGGED TABLE rebuild.own_hashes (
        customer_id bigint NOT NULL,
        hash bigint NOT NULL,
        PRIMARY KEY (customer_id, hash)
    );
    CREATE UNLOGGED TABLE rebuild.own_in_messages (
        customer_id bigint NOT NULL,
        message_id uuid NOT NULL,
        hash bigint NOT NULL,
        PRIMARY KEY (customer_id, message_id, hash)
    );
    CREATE UNLOGGED TABLE rebuild.differences (
        customer_id bigint NOT NULL,
        part text NOT NULL,
        kind text NOT NULL,
        key text NOT NULL,
        id uuid,
        channel_id uuid,
        hash bigint,
        word text,
        columns text[] NOT NULL DEFAULT '{}'
    );
    CREATE INDEX differences_of_part ON rebuild.differences (customer_id, part, kind);
    -- What applying needs to know of before.
    CREATE UNLOGGED TABLE rebuild.kept_conversations (
        customer_id bigint NOT NULL,
        id uuid NOT NULL,
        status text NOT NULL,
        closed_at timestamptz,
        snoozed_until timestamptz,
        assignee_id uuid,
        PRIMARY KEY (customer_id, id)
    );
    CREATE UNLOGGED TABLE rebuild.kept_merges (LIKE public.conversation_merges INCLUDING ALL);
    CREATE UNLOGGED TABLE rebuild.written (
        customer_id bigint NOT NULL,
        id uuid NOT NULL,
        PRIMARY KEY (customer_id, id)
    );
    CREATE UNLOGGED TABLE rebuild.numbers (
        customer_id bigint NOT NULL,
        conversation_id uuid NOT NULL,
        message_id uuid NOT NULL,
        old_seq integer NOT NULL,
        new_seq integer NOT NULL,
        is_written boolean NOT NULL,
        PRIMARY KEY (customer_id, message_id)
    );
END
$$

-- name: drop_schema
-- Leave nothing behind.
DROP SCHEMA IF EXISTS rebuild CASCADE

-- name: hold_rebuild
-- One rebuild at a time: they share the schema.
SELECT pg_try_advisory_xact_lock(7202)

-- name: enter_schema
-- Let the worker's statements find the second schema first, by their indexes, for a transaction.
SELECT
    set_config('search_path', 'rebuild, public', true),
    set_config('enable_seqscan', 'off', true),
    set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true),
    set_config('synchronous_commit', 'off', true)

-- name: count_events
-- About how many events there are to read.
SELECT count(*)
FROM public.inbound_events AS e
WHERE e.customer_id = %(customer_id)s::bigint
    AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
    AND e.kind <> 'unreadable'

-- name: next_events
-- The next settled events that were not read yet, in the order of their ids, up to a total size:
-- those that became a message, or those that brought one once more.
WITH chosen AS MATERIALIZED (
    SELECT
        e.customer_id, e.id,
        octet_length(e.body) + coalesce(octet_length(f.body), 0) AS bytes
    FROM public.inbound_events AS e
    LEFT JOIN public.fetched_contents AS f
        ON f.customer_id = e.customer_id AND f.event_id = e.id
    WHERE e.customer_id = %(customer_id)s::bigint
        AND e.id > %(after_id)s::uuid
        AND (%(channel_id)s::uuid IS NULL OR e.channel_id = %(channel_id)s::uuid)
        AND e.kind <> 'unreadable'
        AND %(are_copies)s::boolean = EXISTS (
            SELECT FROM public.message_copies AS k
            WHERE k.customer_id = e.customer_id AND k.event_id = e.id
        )
        AND NOT EXISTS (
            SELECT FROM public.inbound_queue AS q
            WHERE q.customer_id = e.customer_id AND q.event_id = e.id
        )
        AND NOT EXISTS (
            SELECT FROM public.dead_letters AS l
            WHERE l.customer_id = e.customer_id AND l.event_id = e.id
                AND l.resolution IS DISTINCT FROM 'retried'
        )
        AND NOT EXISTS (
            SELECT FROM rebuild.derived AS d
            WHERE d.customer_id = e.customer_id AND d.event_id = e.id
        )
    ORDER BY e.id
    LIMIT %(limit)s::integer
),
sized AS (
    SELECT c.customer_id, c.id, sum(c.bytes) OVER (ORDER BY c.id) - c.bytes AS bytes_before
    FROM chosen AS c
)
SELECT
    e.customer_id, e.id, e.channel_id, e.provider, e.kind, e.dedup_key, e.body, e.content_type,
    e.received_at, e.headers::text, f.content_type, f.body
FROM sized AS s
JOIN public.inbound_events AS e ON e.customer_id = s.customer_id AND e.id = s.id
LEFT JOIN public.fetched_contents AS f ON f.customer_id = s.customer_id AND f.event_id = s.id
WHERE s.bytes_before < %(most_bytes)s::bigint
ORDER BY e.id

-- name: events_of
-- Events by their ids.
SELECT
    e.customer_id, e.id, e.channel_id, e.provider, e.kind, e.dedup_key, e.body, e.content_type,
    e.received_at, e.headers::text, f.content_type, f.body
FROM public.inbound_events AS e
LEFT JOIN public.fetched_contents AS f ON f.customer_id = e.customer_id AND f.event_id = e.id
WHERE e.customer_id = %(customer_id)s::bigint AND e.id = ANY(%(ids)s::uuid[])
ORDER BY e.id

-- name: insert_derived
-- Note what events stand for.
INSERT INTO rebuild.derived (
    customer_id, event_id, channel_id, kind, key_hash, home, own_id, own_kind, own_address, preview
)
SELECT
    %(customer_id)s::bigint, t.event_id, t.channel_id, t.kind, t.key_hash, t.home, t.own_id,
    t.own_kind, t.own_address, t.preview
FROM unnest(
    %(event_ids)b::uuid[], %(channel_ids)b::uuid[], %(kinds)b::text[], %(key_hashes)b::uuid[],
    %(homes)b::uuid[], %(own_ids)b::uuid[], %(own_kinds)b::text[], %(own_addresses)b::text[],
    %(previews)b::text[]
) AS t (
    event_id, channel_id, kind, key_hash, home, own_id, own_kind, own_address, preview
)

-- name: insert_refs
-- Note which mails refer to which Message-IDs.
INSERT INTO rebuild.refs (customer_id, channel_id, event_id, hash)
SELECT %(customer_id)s::bigint, t.channel_id, t.event_id, t.hash
FROM unnest(
    %(channel_ids)b::uuid[], %(event_ids)b::uuid[], %(hashes)b::uuid[]
) AS t (channel_id, event_id, hash)

-- name: count_derived
-- How many events were read, and how many of them nobody understands any more.
SELECT count(*), count(*) FILTER (WHERE d.kind = 'unread')
FROM rebuild.derived AS d
WHERE d.customer_id = %(customer_id)s::bigint

-- name: analyze_derived
-- Tell the planner what was written.
ANALYZE rebuild.contacts, rebuild.addresses, rebuild.bodies, rebuild.conversations,
    rebuild.conversation_participants, rebuild.messages, rebuild.message_recipients,
    rebuild.message_copies, rebuild.attachments, rebuild.message_receipts, rebuild.email_message_ids, rebuild.derived,
    rebuild.refs

-- name: hold_conversations_still
-- Workers and agents wait until this transaction ends; what comes in goes on coming in.
LOCK TABLE public.conversations IN SHARE ROW EXCLUSIVE MODE

-- name: has_workers
-- Whether somebody works who would have to wait.
SELECT EXISTS (
    SELECT FROM public.workers AS w WHERE w.seen_at > now() - interval '15 seconds'
)

-- name: compare_in_memory
-- Out of the second schema again; sort and hash whole tables in memory; wait for no lock for long.
SELECT
    set_config('search_path', 'public', true),
    set_config('enable_seqscan', 'on', true),
    set_config('enable_hashjoin', 'on', true),
    set_config('enable_mergejoin', 'on', true),
    set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true),
    set_config('lock_timeout', '10s', true)
