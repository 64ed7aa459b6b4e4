"""Which messages make which conversation. Pure: the caller brings what is known.

SMS: one own address and the set of other participants, on one channel. E-mail: one thread, found by
Message-ID.
"""

from collections.abc import Iterable
from typing import Literal

from domain.address import Address
from domain.identity import derived_uuid

ConversationStatus = Literal["open", "pending", "snoozed", "closed", "spam"]
ParticipantRole = Literal["own", "other"]


def sms_key_hash(others: Iterable[Address], further_own: Address | None = None) -> str:
    """Key the conversation among these participants, in whatever order they are named.

    The first own address of a channel is not part of the key, a further one is: conversations that
    were there before channels had several keep theirs.
    """
    own = ("own", str(further_own)) if further_own else ()
    return derived_uuid("sms", *own, *(str(address) for address in sorted(set(others))))


def email_key_hash(dedup_key: str) -> str:
    """Key the conversation an e-mail begins; its dedup key is unique in the channel."""
    return derived_uuid("email", dedup_key)


def message_id_hash(message_id: str) -> str:
    """Key a Message-ID, which may be as long as a header line."""
    return derived_uuid("message-id", message_id)
