"""A small, fully known database for the psql cookbook: every number in its tests is made here.

`T0` minutes are counted from the start: an hour that began two days ago.
"""

from datetime import datetime, timedelta

from domain.identity import derived_uuid, hash64
from store.database import Connection

OWN_PHONE, OWN_MAIL = "+14155550199", "help@example.com"
ANA, BEN, CODE = "+12125550100", "+12125550101", "72345"
ANA_MAIL, BAD_MAIL = "ana@example.com", "bad..dots@example.com"
KINDS = {
    OWN_PHONE: "phone",
    OWN_MAIL: "email",
    ANA: "phone",
    BEN: "phone",
    CODE: "handle",
    ANA_MAIL: "email",
    BAD_MAIL: "email",
}
CONTACTS = {ANA: "ana", ANA_MAIL: "ana", BEN: "ben", CODE: "code", BAD_MAIL: "bad"}
UNVALIDATED = {CODE, BAD_MAIL}
OK_TEXT = "ok"
AGENT = derived_uuid("cookbook agent", "kim")

# conversation: channel, status, others
CONVERSATIONS = {
    "ana": ("sms", "open", (ANA,)),
    "group": ("sms", "closed", (ANA, BEN)),
    "refund": ("email", "open", (ANA_MAIL,)),
    "code": ("sms", "open", (CODE,)),
    "bad": ("email", "spam", (BAD_MAIL,)),
}

# number: conversation, seq, kind, direction, sender, minutes after T0, seconds late, text, format
MESSAGES = {
    1: ("ana", 1, "sms", "inbound", ANA, 10, 0, "Where is my order?", "text"),
    2: ("ana", 2, "sms", "inbound", ANA, 40, 60, OK_TEXT, "text"),
    3: ("ana", 3, "sms", "inbound", ANA, 1440, 0, OK_TEXT, "text"),
    4: ("group", 1, "mms", "inbound", BEN, 70, 0, OK_TEXT, "text"),
    5: ("refund", 1, "email", "inbound", ANA_MAIL, 80, 90, "I want a refund.", "text"),
    6: ("refund", 2, "email", "inbound", ANA_MAIL, 180, 0, "<p>Refund?</p>", "html"),
    7: ("refund", 3, "email", "outbound", OWN_MAIL, 240, 0, "It is on its way.", "text"),
    8: ("code", 1, "sms", "inbound", CODE, 47 * 60, 0, "Your code is 123456", "text"),
    9: ("bad", 1, "email", "inbound", BAD_MAIL, 120, 0, "Hello dear", "text"),
}
PROCESSING_SECONDS = {1: 0.01, 2: 0.03, 3: 0.02, 4: 0.02, 5: 0.1, 6: 0.3, 8: 0.02, 9: 0.2}
WITH_ATTACHMENT = (4, 6)

# number: channel, kind, minutes after T0
OTHER_EVENTS = {
    10: ("sms", "unreadable", 30),
    11: ("email", "message", 200),
    12: ("sms", "message", 47 * 60 + 5),
    13: ("email", "receipt", 241),
}


def conversation(name: str) -> str:
    return derived_uuid("cookbook conversation", name)


def contact(name: str) -> str:
    return derived_uuid("cookbook contact", name)


def _channel(name: str, customer_id: int = 1) -> str:
    return derived_uuid("cookbook channel", name, customer_id)


def _row_id(number: int) -> str:
    return f"01930000-0000-7000-8000-{number:012d}"


def _hash(address: str) -> int:
    return hash64(f"{KINDS[address]}:{address}")


async def store_cookbook_data(conn: Connection, t0: datetime) -> None:
    """Fill the tables for customer 1, and a little for customer 2 that no query may count."""
    await conn.execute("INSERT INTO customers (id, name) VALUES (2, 'other')")
    await _store_channels(conn)
    await _store_people(conn, 1)
    await _store_people(conn, 2)
    for number, (name, _, _, direction, _, minutes, *_) in MESSAGES.items():
        if direction == "inbound":
            channel = CONVERSATIONS[name][0]
            await _store_event(conn, number, channel, "message", t0 + timedelta(minutes=minutes))
    for number, (channel, kind, minutes) in OTHER_EVENTS.items():
        await _store_event(conn, number, channel, kind, t0 + timedelta(minutes=minutes))
    for name in CONVERSATIONS:
        await _store_conversation(conn, name, t0)
    for number in MESSAGES:
        await _store_message(conn, number, t0)
    await _store_work(conn, t0)
    await _store_what_went_wrong(conn, t0)
    await _store_for_somebody_else(conn, t0)


async def _store_channels(conn: Connection) -> None:
    rows = [
        (1, "sms", "sms", "generic", OWN_PHONE),
        (1, "email", "email", "generic", OWN_MAIL),
        (1, "unused", "sms", "twilio", "+14155550198"),
        (2, "sms", "sms", "generic", OWN_PHONE),
    ]
    for customer_id, name, kind, provider, own_address in rows:
        await conn.execute(
            """
            INSERT INTO channels
                (customer_id, id, token, kind, provider, name, own_address, signature_mode)
            VALUES (%s, %s, %s, %s, %s, %s, %s, 'off')
            """,
            (
                customer_id,
                _channel(name, customer_id),
                f"token-of-{customer_id}-{name}".ljust(20, "x"),
                kind,
                provider,
                name,
                own_address,
            ),
        )


async def _store_people(conn: Connection, customer_id: int) -> None:
    for name in sorted(set(CONTACTS.values())):
        await conn.execute(
            "INSERT INTO contacts (customer_id, id) VALUES (%s, %s)", (customer_id, contact(name))
        )
    for value, kind in KINDS.items():
        await conn.execute(
            """
            INSERT INTO addresses (customer_id, hash, kind, value, is_validated, contact_id)
            VALUES (%s, %s, %s, %s, %s, %s)
            """,
            (
                customer_id,
                _hash(value),
                kind,
                value,
                value not in UNVALIDATED,
                contact(CONTACTS[value]) if value in CONTACTS else None,
            ),
        )
    for text in sorted({row[7] for row in MESSAGES.values()}):
        await conn.execute(
            "INSERT INTO bodies (customer_id, hash, text) VALUES (%s, %s, %s)",
            (customer_id, hash64(text), text),
        )


async def _store_event(
    conn: Connection,
    number: int,
    channel: str,
    kind: str,
    received_at: datetime,
    customer_id: int = 1,
) -> None:
    await conn.execute(
        """
        INSERT INTO inbound_events (
            customer_id, id, channel_id, provider, kind, provider_message_id, dedup_key,
            signature, headers, content_type, body, received_at
        )
        VALUES (%s, %s, %s, 'generic', %s, %s, %s, 'unchecked', '{}', '', '', %s)
        """,
        (
            customer_id,
            _row_id(number),
            _channel(channel, customer_id),
            kind,
            f"m-{number}",
            f"{kind}:m-{number}",
            received_at,
        ),
    )


async def _store_conversation(
    conn: Connection, name: str, t0: datetime, customer_id: int = 1
) -> None:
    channel, status, others = CONVERSATIONS[name]
    numbers = [number for number, row in MESSAGES.items() if row[0] == name]
    first, last = MESSAGES[numbers[0]], MESSAGES[numbers[-1]]
    await conn.execute(
        """
        INSERT INTO conversations (
            customer_id, id, channel_id, key_hash, status, closed_at, message_count,
            inbound_count, last_seq, first_message_at, first_message_id, last_activity_at,
            last_message_id, last_message_direction, last_message_preview
        )
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '')
        """,
        (
            customer_id,
            conversation(name),
            _channel(channel, customer_id),
            derived_uuid(name),
            status,
            t0 if status == "closed" else None,
            len(numbers),
            sum(MESSAGES[number][3] == "inbound" for number in numbers),
            len(numbers),
            _sent_at(first, t0),
            _row_id(numbers[0]),
            _sent_at(last, t0),
            _row_id(numbers[-1]),
            last[3],
        ),
    )
    own = OWN_PHONE if channel == "sms" else OWN_MAIL
    for role, address in (("own", own), *(("other", participant) for participant in others)):
        await conn.execute(
            "INSERT INTO conversation_participants VALUES (%s, %s, %s, %s)",
            (customer_id, conversation(name), _hash(address), role),
        )


def _sent_at(row: tuple[str, int, str, str, str, int, int, str, str], t0: datetime) -> datetime:
    return t0 + timedelta(minutes=row[5], seconds=-row[6])


async def _store_message(conn: Connection, number: int, t0: datetime, customer_id: int = 1) -> None:
    name, seq, kind, direction, sender, minutes, _, text, body_format = MESSAGES[number]
    is_inbound = direction == "inbound"
    received_at = t0 + timedelta(minutes=minutes)
    await conn.execute(
        """
        INSERT INTO messages (
            customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
            body_hash, body_format, provider_message_id, event_id, sent_at, received_at, created_at
        )
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            customer_id,
            _row_id(number),
            conversation(name),
            seq,
            direction,
            _channel(CONVERSATIONS[name][0], customer_id),
            kind,
            "received" if is_inbound else "sent",
            _hash(sender),
            hash64(text),
            body_format,
            f"m-{number}",
            _row_id(number) if is_inbound else None,
            _sent_at(MESSAGES[number], t0),
            received_at,
            received_at + timedelta(seconds=PROCESSING_SECONDS.get(number, 0)),
        ),
    )
    if number in WITH_ATTACHMENT:
        await conn.execute(
            "INSERT INTO attachments VALUES (%s, %s, 1, 'https://media.example.com/1')",
            (customer_id, _row_id(number)),
        )


async def _store_work(conn: Connection, t0: datetime) -> None:
    """Have Kim write message 7 and a note, and close the group half an hour after it began."""
    await conn.execute(
        "INSERT INTO agents (customer_id, id, name, role) VALUES (1, %s, 'Kim', 'agent')", (AGENT,)
    )
    await conn.execute(
        "UPDATE messages SET agent_id = %s WHERE customer_id = 1 AND id = %s", (AGENT, _row_id(7))
    )
    did = [
        (20, "note.created", "refund", "{}", 200),
        (21, "conversation.status_changed", "group", '{"from": "open", "to": "closed"}', 100),
    ]
    for number, action, name, detail, minutes in did:
        await conn.execute(
            """
            INSERT INTO audit (customer_id, id, agent_id, action, conversation_id, detail, at)
            VALUES (1, %s, %s, %s, %s, %s, %s)
            """,
            (
                _row_id(number),
                AGENT,
                action,
                conversation(name),
                detail,
                t0 + timedelta(minutes=minutes),
            ),
        )


async def _store_what_went_wrong(conn: Connection, t0: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO dead_letters (customer_id, event_id, error_class, detail, attempts, failed_at)
        VALUES (1, %s, 'unreadable', 'body must be a JSON object', 1, %s)
        """,
        (_row_id(10), t0 + timedelta(minutes=31)),
    )
    await conn.execute(
        """
        INSERT INTO inbound_queue (customer_id, event_id, attempt_count, last_error)
        VALUES (1, %s, 0, NULL), (1, %s, 2, 'database')
        """,
        (_row_id(11), _row_id(12)),
    )
    for number, reason in ((1, "bad_signature"), (2, "bad_signature"), (3, "missing_signature")):
        await conn.execute(
            """
            INSERT INTO quarantined_deliveries (
                customer_id, id, channel_id, reason, method, url, headers, body, body_bytes,
                received_at
            )
            VALUES (1, %s, %s, %s, 'POST', '', '{}', '', 0, %s)
            """,
            (_row_id(number), _channel("sms"), reason, t0 + timedelta(minutes=number)),
        )
    await conn.execute(
        "INSERT INTO conversation_merges VALUES (1, %s, %s, 'late_parent', %s)",
        (conversation("merged"), conversation("refund"), t0),
    )


async def _store_for_somebody_else(conn: Connection, t0: datetime) -> None:
    await _store_event(conn, 1, "sms", "message", t0 + timedelta(minutes=10), customer_id=2)
    await _store_conversation(conn, "code", t0, customer_id=2)
    await _store_event(conn, 8, "sms", "message", t0 + timedelta(minutes=10), customer_id=2)
    await _store_message(conn, 8, t0, customer_id=2)
    await conn.execute(
        """
        INSERT INTO dead_letters (customer_id, event_id, error_class, detail, attempts)
        VALUES (2, %s, 'unreadable', '', 1)
        """,
        (_row_id(1),),
    )
