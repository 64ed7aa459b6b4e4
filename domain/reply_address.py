"""Reply addresses: an own address with a signed token, which leads an answer to what it answers.

`help+TOKEN@example.com` reaches the mailbox help, and whatever becomes of the header fields on the
way, the token names a message of ours. It is that message's id and a part of a MAC by the
channel's key, so nobody can make one. Base32 survives mail systems that fold case. Pure.
Source of subaddresses: RFC 5233.
"""

import hmac
import re
from base64 import b32decode, b32encode
from uuid import UUID

_ID_BYTES, _MAC_BYTES = 16, 9  # together 40 characters, without padding
_TOKEN_LENGTH = 40
_LONGEST_LOCAL = 64  # RFC 5321 section 4.5.3.1.1
_PLAIN = re.compile(r"[^\s\"@]+")
_WITH_TOKEN = re.compile(
    rf"([^\s\"@]+)\+([a-z2-7]{{{_TOKEN_LENGTH}}})@([^@]+)", re.ASCII | re.IGNORECASE
)


def reply_address(own_address: str, message_id: str, key: bytes) -> str | None:
    """Write the address that answers to a message are to go to; None where it would be too long."""
    local, _, domain = own_address.rpartition("@")
    if not _PLAIN.fullmatch(local) or len(local) + 1 + _TOKEN_LENGTH > _LONGEST_LOCAL:
        return None
    identity = UUID(message_id).bytes
    token = b32encode(identity + _mac(identity, key)).decode().lower()
    return f"{local}+{token}@{domain}"


def without_token(address: str) -> str:
    """Return the address that a reply address belongs to; any other stays as it is."""
    if "+" not in address:
        return address
    found = _WITH_TOKEN.fullmatch(address)
    return f"{found[1]}@{found[3]}" if found else address


def answered_message(address: str, key: bytes) -> str | None:
    """Return the id of the message that a reply address leads to; None of any other address."""
    found = _WITH_TOKEN.fullmatch(address.strip())
    if found is None:
        return None
    token = b32decode(found[2].upper())
    identity, mac = token[:_ID_BYTES], token[_ID_BYTES:]
    return str(UUID(bytes=identity)) if hmac.compare_digest(mac, _mac(identity, key)) else None


def _mac(identity: bytes, key: bytes) -> bytes:
    return hmac.digest(key, identity, "sha256")[:_MAC_BYTES]
