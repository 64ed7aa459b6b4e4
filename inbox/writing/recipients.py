"""To whom a message goes and whether it can be sent as it was written. Pure.

Messages of refusals name the field, never what was in it.
"""

from collections.abc import Sequence

from domain.address import Canonical, can_receive, canonicalise
from domain.channel import Channel, ChannelKind
from domain.errors import Conflict, invalid_field
from domain.message import RecipientRole
from domain.own_address import as_set, own_address
from domain.text import clean_text, one_line
from domain.whatsapp import is_whatsapp
from inbox.settings.sending_channel import MOST_ATTACHMENTS, FileLimits
from store.outbound import LastInbound, Other

LONGEST_SUBJECT = 998  # a header line, RFC 5322 section 2.1.1
LONGEST_UNDO_SECONDS = 60
MOST_RECIPIENTS = 50


def checked_body(body: str, longest: int) -> str:
    """Return the text as it is sent, if it has no more characters than its channel takes.

    Raises: ValidationFailed.
    """
    cleaned = clean_text(body)
    if not cleaned.strip() or len(cleaned) > longest:
        raise invalid_field("body", "out_of_range", f"text of 1 to {longest} characters")
    return cleaned


def checked_subject(subject: str | None, kind: ChannelKind) -> str | None:
    """Return the subject as one line; None where there is none.

    Raises: ValidationFailed.
    """
    if subject is None:
        return None
    if kind != "email":
        raise invalid_field("subject", "not_allowed", "left out: only an e-mail has one")
    line = one_line(clean_text(subject), LONGEST_SUBJECT)
    if not line or len(subject) > LONGEST_SUBJECT:
        raise invalid_field(
            "subject", "out_of_range", f"a line of 1 to {LONGEST_SUBJECT} characters"
        )
    return line


def check_undo(seconds: int) -> None:
    """Check the undo window.

    Raises: ValidationFailed.
    """
    if not 0 <= seconds <= LONGEST_UNDO_SECONDS:
        expected = f"a whole number from 0 to {LONGEST_UNDO_SECONDS}"
        raise invalid_field("undo_seconds", "out_of_range", expected)


def checked_attachment_ids(ids: Sequence[str]) -> Sequence[str]:
    """Return the ids of the files that a message is sent with, each once.

    Raises: ValidationFailed.
    """
    if len(ids) > MOST_ATTACHMENTS or len(set(ids)) < len(ids):
        expected = f"at most {MOST_ATTACHMENTS} ids, each once"
        raise invalid_field("attachment_ids", "out_of_range", expected)
    return ids


def check_files(sizes: Sequence[int], limits: FileLimits) -> None:
    """Check that a channel sends files of these sizes.

    Raises: ValidationFailed.
    """
    if not limits.most_bytes:
        raise invalid_field("attachment_ids", "not_allowed", "left out: the channel sends no files")
    if len(sizes) > limits.most_files:
        expected = f"at most {limits.most_files} ids: the channel sends no more files at once"
        raise invalid_field("attachment_ids", "out_of_range", expected)
    if sum(sizes) > limits.most_bytes:
        expected = f"files of {limits.most_bytes} bytes together, or less"
        raise invalid_field("attachment_ids", "too_large", expected)


def reply_subject(subject: str | None) -> str:
    """Write the subject of an answer."""
    line = one_line(subject or "", LONGEST_SUBJECT)
    is_answer = line[:3].lower() == "re:"
    return line if is_answer else f"Re: {line}"[:LONGEST_SUBJECT].strip()


def answered(
    others: Sequence[Other], last: LastInbound | None, channel: Channel
) -> list[tuple[RecipientRole, int]]:
    """Say whom an answer goes to: everybody by text; by e-mail who wrote last, the rest in copy.

    Never to an own address of the customer, though it may have taken part as somebody else before
    it became one.

    Raises: Conflict where nobody can be written to.
    """
    can_read = [
        other.hash
        for other in others
        if _can_read(other, channel.kind) and not channel.is_of_customer(other.address.value)
    ]
    if not can_read:
        raise Conflict("nobody in this conversation can be written to")
    if last is None or last.from_hash not in can_read:
        return [("to", address_hash) for address_hash in can_read]
    copied = [
        address_hash
        for address_hash in can_read
        if address_hash in last.recipient_hashes and address_hash != last.from_hash
    ]
    return [("to", last.from_hash), *(("cc", address_hash) for address_hash in copied)]


def named(addresses: Sequence[str], field: str, channel: Channel) -> list[Canonical]:
    """Read the addresses that a new message goes to, each once.

    Raises: ValidationFailed.
    """
    what = "an e-mail address" if channel.kind == "email" else "a phone number"
    found: dict[str, Canonical] = {}
    for position, written in enumerate(addresses):
        canonical = as_set(canonicalise(written, channel.kind, channel.region), channel)
        name = field if len(addresses) == 1 else f"{field}[{position}]"
        if not canonical.is_validated and not _is_of_whatsapp(canonical, channel):
            raise invalid_field(name, "not_an_address", what)
        if channel.is_of_customer(canonical.address.value):
            raise invalid_field(name, "own_address", "somebody else: it is an address of your own")
        found.setdefault(str(canonical.address), canonical)
    if len(found) > MOST_RECIPIENTS:
        raise invalid_field(field, "too_many", f"at most {MOST_RECIPIENTS} addresses")
    return list(found.values())


def suited_own(to: str, channel: Channel) -> str | None:
    """Find the own address from which an address is written to: by WhatsApp one of WhatsApp."""
    wanted = is_whatsapp(to)
    return next((own for own in channel.own_addresses if is_whatsapp(own) == wanted), None)


def named_own(written: str | None, channel: Channel) -> Canonical:
    """Read which own address of the channel a new message leaves from; the first if none is named.

    Raises: ValidationFailed.
    """
    own = own_address(written or channel.own_address, channel)
    if own.address.value not in channel.own_addresses:
        raise invalid_field("own_address", "unknown", "an own address of the channel")
    return own


def _is_of_whatsapp(canonical: Canonical, channel: Channel) -> bool:
    value = canonical.address.value
    return channel.kind == "sms" and is_whatsapp(value) and can_receive(value, "sms")


def _can_read(other: Other, kind: ChannelKind) -> bool:
    """Say whether an address can be written to: rows of before may hold more than one."""
    is_mailbox = other.address.kind == "email"
    return is_mailbox == (kind == "email") and can_receive(other.address.value, kind)
