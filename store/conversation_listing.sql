-- name: scan
-- The next `window` conversations of one source, latest first: those that match, and the last one.
-- The last one comes whether it matches or not, for whoever goes on behind it. Each source is one
-- range of an index, or a few short ones merged; the branches of the others are not run. A channel
-- and status can only give rows if it is among the `window` pairs with the latest first rows.
-- OFFSET 0 keeps a look-up per row from becoming a look at all rows; sorting by an assignee who is
-- nobody tells the planner that the index is in order.
WITH pair AS (
    SELECT ch.id AS channel_id, wanted.status
    FROM channels AS ch
    CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT c.last_activity_at, c.id
        FROM conversations AS c
        WHERE c.customer_id = %(customer_id)s
          AND c.channel_id = ch.id
          AND c.status = wanted.status
          AND (c.last_activity_at, c.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
          AND c.last_activity_at >= %(from_at)s::timestamptz
        ORDER BY c.last_activity_at DESC, c.id DESC
        LIMIT 1
    ) AS first
    WHERE %(source)s::text = 'channel'
      AND ch.customer_id = %(customer_id)s
      AND (%(channel_ids)s::uuid[] IS NULL OR ch.id = ANY (%(channel_ids)s::uuid[]))
    ORDER BY first.last_activity_at DESC, first.id DESC
    LIMIT %(window)s::bigint
)
SELECT scanned.id, scanned.last_activity_at AS at, scanned.place, scanned.is_match
FROM (
    SELECT
        numbered.id, numbered.last_activity_at, numbered.place,
        (
            NOT %(is_hashed)s::boolean
            OR numbered.id IN (
                SELECT p.conversation_id
                FROM conversation_participants AS p
                WHERE p.customer_id = %(customer_id)s
                  AND p.address_hash = ANY (%(set_hashes)s::bigint[])
                UNION ALL
                SELECT t.conversation_id
                FROM conversation_tags AS t
                WHERE t.customer_id = %(customer_id)s AND t.tag = %(set_tag)s::text
                UNION ALL
                SELECT t.conversation_id
                FROM conversation_tags AS t
                WHERE t.customer_id = %(customer_id)s AND t.tag = ANY (%(set_tags)s::text[])
                GROUP BY t.conversation_id
                HAVING count(*) = cardinality(%(set_tags)s::text[])
            )
        )
        AND EXISTS (
            SELECT FROM conversations AS c
            WHERE c.customer_id = %(customer_id)s
              AND c.id = numbered.id
              AND c.status = ANY (%(statuses)s::text[])
              AND (
                  %(channel_ids)s::uuid[] IS NULL OR c.channel_id = ANY (%(channel_ids)s::uuid[])
              )
              AND (
                  NOT %(is_assignee_asked)s::boolean
                  OR c.assignee_id IS NOT DISTINCT FROM %(assignee_id)s::uuid
              )
              AND (
                  %(needs_reply)s::boolean IS NULL
                  OR %(needs_reply)s::boolean
                      = (c.waiting_since IS NOT NULL AND c.status IN ('open', 'pending'))
              )
              AND (
                  %(may_opt_out)s::boolean IS NULL
                  OR %(may_opt_out)s::boolean = (c.id = ANY (%(undecided_ids)s::uuid[]))
              )
              AND (
                  %(unread)s::boolean IS NULL
                  OR %(unread)s::boolean = coalesce(
                      (
                          SELECT c.last_inbound_seq > r.last_read_seq FROM read_marks AS r
                          WHERE r.customer_id = %(customer_id)s
                            AND r.agent_id = %(viewer_id)s::uuid
                            AND r.conversation_id = c.id
                      ),
                      c.last_inbound_seq > 0 AND c.last_activity_at >= (
                          SELECT me.read_from FROM agents AS me
                          WHERE me.customer_id = %(customer_id)s AND me.id = %(viewer_id)s::uuid
                      )
                  )
              )
              AND (
                  %(tags)s::text[] IS NULL
                  OR NOT EXISTS (
                      SELECT FROM unnest(%(tags)s::text[]) AS asked (tag)
                      WHERE NOT EXISTS (
                          SELECT FROM conversation_tags AS t
                          WHERE t.customer_id = %(customer_id)s
                            AND t.conversation_id = c.id AND t.tag = asked.tag
                          OFFSET 0
                      )
                      OFFSET 0
                  )
              )
              AND (
                  %(address_hashes)s::bigint[] IS NULL
                  OR EXISTS (
                      SELECT FROM conversation_participants AS p
                      WHERE p.customer_id = %(customer_id)s
                        AND p.conversation_id = c.id
                        AND p.address_hash = ANY (%(address_hashes)s::bigint[])
                      OFFSET 0
                  )
              )
              AND (
                  %(contact_hashes)s::bigint[] IS NULL
                  OR EXISTS (
                      SELECT FROM conversation_participants AS p
                      WHERE p.customer_id = %(customer_id)s
                        AND p.conversation_id = c.id
                        AND p.address_hash = ANY (%(contact_hashes)s::bigint[])
                      OFFSET 0
                  )
              )
            OFFSET 0
        ) AS is_match
    FROM (
        SELECT source.id, source.last_activity_at, row_number() OVER () AS place
        FROM (
            SELECT branch.id, branch.last_activity_at
            FROM (
                (
                    SELECT c.id, c.last_activity_at
                    FROM conversations AS c
                    WHERE %(source)s::text = 'activity'
                      AND c.customer_id = %(customer_id)s
                      AND (c.last_activity_at, c.id)
                          < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                      AND c.last_activity_at >= %(from_at)s::timestamptz
                    ORDER BY c.last_activity_at DESC, c.id DESC
                    LIMIT %(window)s::bigint
                )
                UNION ALL
                (
                    SELECT c.id, c.last_activity_at
                    FROM conversations AS c
                    WHERE %(source)s::text = 'needing_reply'
                      AND c.customer_id = %(customer_id)s
                      AND c.waiting_since IS NOT NULL AND c.status IN ('open', 'pending')
                      AND (c.last_activity_at, c.id)
                          < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                      AND c.last_activity_at >= %(from_at)s::timestamptz
                    ORDER BY c.last_activity_at DESC, c.id DESC
                    LIMIT %(window)s::bigint
                )
                UNION ALL
                (
                    SELECT ranked.id, ranked.last_activity_at
                    FROM pair
                    CROSS JOIN LATERAL (
                        SELECT c.id, c.last_activity_at
                        FROM conversations AS c
                        WHERE c.customer_id = %(customer_id)s
                          AND c.channel_id = pair.channel_id
                          AND c.status = pair.status
                          AND (c.last_activity_at, c.id)
                              < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                          AND c.last_activity_at >= %(from_at)s::timestamptz
                        ORDER BY c.last_activity_at DESC, c.id DESC
                        LIMIT %(window)s::bigint
                    ) AS ranked
                    ORDER BY ranked.last_activity_at DESC, ranked.id DESC
                    LIMIT %(window)s::bigint
                )
                UNION ALL
                (
                    SELECT ranked.id, ranked.last_activity_at
                    FROM unnest(%(statuses)s::text[]) AS wanted (status)
                    CROSS JOIN LATERAL (
                        SELECT c.id, c.last_activity_at
                        FROM conversations AS c
                        WHERE c.customer_id = %(customer_id)s
                          AND c.assignee_id = %(assignee_id)s::uuid
                          AND c.status = wanted.status
                          AND (c.last_activity_at, c.id)
                              < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                          AND c.last_activity_at >= %(from_at)s::timestamptz
                        ORDER BY c.last_activity_at DESC, c.id DESC
                        LIMIT %(window)s::bigint
                    ) AS ranked
                    WHERE %(source)s::text = 'agent'
                    ORDER BY ranked.last_activity_at DESC, ranked.id DESC
                    LIMIT %(window)s::bigint
                )
                UNION ALL
                (
                    SELECT ranked.id, ranked.last_activity_at
                    FROM unnest(%(statuses)s::text[]) AS wanted (status)
                    CROSS JOIN LATERAL (
                        SELECT c.id, c.last_activity_at
                        FROM conversations AS c
                        WHERE c.customer_id = %(customer_id)s
                          AND c.assignee_id IS NULL
                          AND c.status = wanted.status
                          AND (c.last_activity_at, c.id)
                              < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                          AND c.last_activity_at >= %(from_at)s::timestamptz
                        ORDER BY c.assignee_id, c.last_activity_at DESC, c.id DESC
                        LIMIT %(window)s::bigint
                    ) AS ranked
                    WHERE %(source)s::text = 'nobody'
                    ORDER BY ranked.last_activity_at DESC, ranked.id DESC
                    LIMIT %(window)s::bigint
                )
                UNION ALL
                (
                    SELECT taken.id, taken.last_activity_at
                    FROM (
                        SELECT p.conversation_id
                        FROM conversation_participants AS p
                        WHERE p.customer_id = %(customer_id)s
                          AND p.address_hash = ANY (%(set_hashes)s::bigint[])
                        UNION
                        SELECT t.conversation_id
                        FROM conversation_tags AS t
                        WHERE t.customer_id = %(customer_id)s AND t.tag = %(set_tag)s::text
                        UNION
                        SELECT t.conversation_id
                        FROM conversation_tags AS t
                        WHERE t.customer_id = %(customer_id)s
                          AND t.tag = ANY (%(set_tags)s::text[])
                        GROUP BY t.conversation_id
                        HAVING count(*) = cardinality(%(set_tags)s::text[])
                    ) AS part
                    CROSS JOIN LATERAL (
                        SELECT c.id, c.last_activity_at
                        FROM conversations AS c
                        WHERE c.customer_id = %(customer_id)s
                          AND c.id = part.conversation_id
                          AND (c.last_activity_at, c.id)
                              < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                          AND c.last_activity_at >= %(from_at)s::timestamptz
                        LIMIT 1
                    ) AS taken
                    WHERE %(source)s::text = 'set'
                    ORDER BY taken.last_activity_at DESC, taken.id DESC
                    LIMIT %(window)s::bigint
                )
                UNION ALL
                (
                    SELECT c.id, c.last_activity_at
                    FROM conversations AS c
                    WHERE %(source)s::text = 'given'
                      AND c.customer_id = %(customer_id)s
                      AND c.id = ANY (%(given_ids)s::uuid[])
                      AND (c.last_activity_at, c.id)
                          < (%(before_at)s::timestamptz, %(before_id)s::uuid)
                      AND c.last_activity_at >= %(from_at)s::timestamptz
                    LIMIT %(window)s::bigint
                )
            ) AS branch
            ORDER BY branch.last_activity_at DESC, branch.id DESC
        ) AS source
    ) AS numbered
    OFFSET 0
) AS scanned
WHERE scanned.is_match OR scanned.place = %(window)s::bigint
LIMIT %(row_count)s::bigint
