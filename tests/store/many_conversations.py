"""Many conversations at once, for tests of plans: made by Postgres itself, and analysed.

Channels 1 to 4 receive (two of them SMS); every tenth conversation has the address `busy`, every
hundredth is closed, and every one has an address of its own. Customer 2 has as many. Customer 1
has a message for each; every tenth of those is in conversation 7. Agent 1 has every seventh, and
has read all but every fiftieth; somebody waits in every third; every fourth has the tag `often`,
every thousandth `seldom`; contact 1 has the addresses of persons 1 to 3.
"""

from databases import as_owner

from store.database import connect

COUNT = 20_000

PEOPLE = b"""
INSERT INTO customers (id, name) VALUES (2, 'other');
INSERT INTO channels (customer_id, id, token, kind, provider, name, own_address, signature_mode)
SELECT
    cu.id, md5('channel' || cu.id || n)::uuid, 'token-of-channel-' || cu.id || '-' || n,
    CASE WHEN n <= 2 THEN 'sms' ELSE 'email' END, 'generic', 'channel ' || n,
    CASE WHEN n <= 2 THEN '+1415555019' || n ELSE 'desk' || n || '@example.com' END, 'off'
FROM customers AS cu, generate_series(1, 4) AS n;
INSERT INTO agents (customer_id, id, name, role, read_from)
SELECT cu.id, md5('agent' || n)::uuid, 'agent ' || n, 'agent', '2024-11-01Z'
FROM customers AS cu, generate_series(1, 2) AS n;
INSERT INTO contacts (customer_id, id, name) VALUES (1, md5('contact1')::uuid, 'Ann');
INSERT INTO addresses (customer_id, hash, kind, value, is_validated, contact_id)
SELECT
    cu.id, n, 'handle', 'person ' || n, false,
    CASE WHEN cu.id = 1 AND n <= 3 THEN md5('contact1')::uuid END
FROM customers AS cu, generate_series(1, {count}) AS n;
INSERT INTO addresses (customer_id, hash, kind, value, is_validated)
SELECT cu.id, 0, 'handle', 'busy', false FROM customers AS cu;
"""

CONVERSATIONS = b"""
INSERT INTO conversations (
    customer_id, id, channel_id, key_hash, status, closed_at, message_count, inbound_count,
    last_seq, first_message_at, first_message_id, last_activity_at, last_message_id,
    last_message_direction, last_message_preview, last_inbound_seq, waiting_since, assignee_id
)
SELECT
    cu.id, md5('conversation' || cu.id || n)::uuid, md5('channel' || cu.id || 1 + n % 4)::uuid,
    md5('key' || n)::uuid, CASE WHEN n % 100 = 0 THEN 'closed' ELSE 'open' END,
    CASE WHEN n % 100 = 0 THEN now() END, 1, 1, 1, '2024-01-01', md5('message' || n)::uuid,
    timestamptz '2024-11-01Z' + n / 3 * interval '1 second', md5('message' || n)::uuid,
    'inbound', 'Hello', 1, CASE WHEN n % 3 = 0 THEN timestamptz '2024-01-01Z' END,
    CASE WHEN n % 7 = 0 THEN md5('agent1')::uuid END
FROM customers AS cu, generate_series(1, {count}) AS n;
INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT cu.id, md5('conversation' || cu.id || n)::uuid, n, 'other'
FROM customers AS cu, generate_series(1, {count}) AS n;
INSERT INTO conversation_participants (customer_id, conversation_id, address_hash, role)
SELECT cu.id, md5('conversation' || cu.id || n)::uuid, 0, 'other'
FROM customers AS cu, generate_series(10, {count}, 10) AS n;
INSERT INTO conversation_tags (customer_id, conversation_id, tag)
SELECT cu.id, md5('conversation' || cu.id || n)::uuid, 'often'
FROM customers AS cu, generate_series(4, {count}, 4) AS n
UNION ALL
SELECT cu.id, md5('conversation' || cu.id || n)::uuid, 'seldom'
FROM customers AS cu, generate_series(1000, {count}, 1000) AS n;
INSERT INTO read_marks (customer_id, agent_id, conversation_id, last_read_seq)
SELECT cu.id, md5('agent1')::uuid, md5('conversation' || cu.id || n)::uuid, 1
FROM customers AS cu, generate_series(1, {count}) AS n
WHERE n % 50 <> 0;
INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)
SELECT 1, md5('merged' || n)::uuid, md5('merged' || n + 1)::uuid, 'late_parent'
FROM generate_series(1, 3) AS n;
INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)
VALUES (1, md5('merged4')::uuid, md5('conversation1' || 1)::uuid, 'late_parent');
"""

MESSAGES = b"""
INSERT INTO bodies (customer_id, hash, text) SELECT 1, n, 'Hello ' || n
FROM generate_series(1, {count}) AS n;
INSERT INTO messages (
    customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
    body_hash, body_format, sent_at, received_at
)
SELECT
    1, md5('message' || n)::uuid,
    md5('conversation1' || CASE WHEN n % 10 = 0 THEN 7 ELSE n END)::uuid, n, 'outbound',
    md5('channel11')::uuid, 'sms', 'sent', n, n, 'text',
    timestamptz '2024-11-01Z' + n / 3 * interval '1 second', '2024-12-01Z'
FROM generate_series(1, {count}) AS n;
INSERT INTO message_recipients (customer_id, message_id, address_hash, role)
SELECT 1, md5('message' || n)::uuid, 0, 'to' FROM generate_series(1, {count}) AS n;
INSERT INTO attachments (customer_id, message_id, position, url)
SELECT 1, md5('message' || n)::uuid, 1, 'https://example.com/' || n
FROM generate_series(1, {count}) AS n;
ANALYZE;
"""


async def fill_with_many(app_url: str) -> None:
    """Make so many conversations for each of two customers. Only the owner can analyse them."""
    async with await connect(as_owner(app_url), "tests") as conn:
        for script in (PEOPLE, CONVERSATIONS, MESSAGES):
            await conn.execute(script.replace(b"{count}", str(COUNT).encode()), prepare=False)
