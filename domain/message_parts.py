"""Makes the parts of a message from what a provider says of them: cleaned, bounded, total.

For addresses, Message-IDs and files in JSON or forms. Knows no provider and no field name.
"""

from base64 import b64decode
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from types import MappingProxyType

from domain.address import canonicalise
from domain.channel import ChannelKind
from domain.errors import Unreadable
from domain.event import fit_id
from domain.form import numbers_of
from domain.mailbox import parse_mailbox, split_mailboxes
from domain.message import (
    Attachment,
    DeliveryReceipt,
    MessageKind,
    ReceiptStatus,
    Recipient,
    RecipientRole,
    ThreadHeaders,
)
from domain.message_id import parse_message_ids, root_and_newest
from domain.phone import split_phones
from domain.reply_address import without_token
from domain.text import clean_text
from domain.whatsapp import text_kind

_LARGEST_SIZE = 2**63 - 1
_MOST_RECIPIENTS = 1_000  # of each role; one small body must not become millions of rows
_MOST_NUMBERED = 50
_TEXTS: Mapping[str, MessageKind] = MappingProxyType(
    {"sms": "sms", "mms": "mms", "whatsapp": "whatsapp"}
)

Written = str | int | Sequence[str | int] | None


def first_id(given: Iterable[str | int | None], name: str) -> str:
    """Return the first of these that is an id; `name` is what the provider calls it.

    Raises: Unreadable without one.
    """
    for value in given:
        identity = clean_text(str(value)) if value is not None else ""
        if identity.strip():
            return fit_id(identity)
    raise Unreadable(f"{name} must be text or a whole number")


def receipt_of(
    identity: str,
    word: str,
    meanings: Mapping[str, ReceiptStatus],
    *,
    error_code: str | None = None,
    occurred_at: datetime | None = None,
    recipients: Iterable[object] = (),
    is_permanent: bool = False,
    is_opt_out: bool = False,
) -> DeliveryReceipt:
    """Make a receipt of the provider's word; one without a meaning is kept all the same."""
    return DeliveryReceipt(
        provider_message_id=identity,
        status=meanings.get(word.lower(), "unknown"),
        provider_status=word,
        error_code=error_code,
        occurred_at=occurred_at,
        recipients=named_recipients(recipients),
        is_permanent=is_permanent,
        is_opt_out=is_opt_out,
    )


def named_recipients(given: Iterable[object]) -> tuple[str, ...]:
    """List whom a receipt is about, each once; what names nobody is left out."""
    cleaned = (clean_text(name).strip() for name in given if isinstance(name, str))
    return tuple(islice(dict.fromkeys(filter(None, cleaned)), _MOST_RECIPIENTS))


def message_kind(
    written: object, sender: str, channel: ChannelKind, *, has_files: bool
) -> MessageKind:
    """Say what a message is; what belongs on another kind of channel is not guessed at.

    Raises: Unreadable.
    """
    if not isinstance(written, str | None):
        raise Unreadable("type must be text")
    word = (written or "").strip().lower()
    if channel == "email":
        if word in _TEXTS:
            raise Unreadable("type must not be sms, mms or whatsapp on an e-mail channel")
        return "email"
    if word and word not in _TEXTS:
        raise Unreadable("type must be sms, mms or whatsapp")
    return text_kind(sender, _TEXTS.get(word, "mms" if has_files else "sms"))


def recipients_of(kind: ChannelKind, roles: Mapping[RecipientRole, Written]) -> list[Recipient]:
    """List the recipients of each role, however the provider writes one or several."""
    return [
        Recipient(role=role, address=address)
        for role, written in roles.items()
        for address in _addresses(written, kind)
    ]


def addresses_in(written: str, kind: ChannelKind) -> list[str]:
    """List the addresses that one text names, each as it was written."""
    cleaned = clean_text(written)
    return split_mailboxes(cleaned) if kind == "email" else split_phones(cleaned)


def own_among(given: Iterable[str], own_addresses: Collection[str]) -> list[str]:
    """Return those of the envelope's recipients that are ours.

    Others are places that we are forwarded to: whoever answered all would write to them.
    """
    found = [address for written in given for address in addresses_in(written, "email")]
    return [address for address in found if _mailbox_of(address) in own_addresses]


def named_mailbox(address: str, name: str) -> str:
    """Write a mailbox as a field has it."""
    plain = name.strip()
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if plain and plain != address else address


def thread_of(
    message_id: Written, in_reply_to: Written, references: Written
) -> ThreadHeaders | None:
    """Read the identification fields of a mail; None where there is none."""
    own, answered, earlier = map(_message_ids, (message_id, in_reply_to, references))
    if not own and not answered and not earlier:
        return None
    return ThreadHeaders(
        message_id=own[0] if own else None, in_reply_to=answered, references=earlier
    )


def bracketed(message_ids: Iterable[str]) -> str | None:
    """Write Message-IDs as a header field has them; None without any."""
    return " ".join(f"<{message_id}>" for message_id in message_ids) or None


def attachment_of(
    *,
    url: str | None = None,
    base64: str | None = None,
    content_type: str | None = None,
    filename: str | None = None,
    size: object = None,
    content_id: str | None = None,
) -> Attachment | None:
    """Make an attachment of a URL or of bytes in base64; None of neither.

    Raises: Unreadable.
    """
    place = clean_text(url or "").strip()
    if base64 is None and not place:
        return None
    return Attachment(
        url=place if base64 is None else None,
        content=None if base64 is None else _bytes_of(base64),
        content_type=clean_text(content_type or "") or None,
        filename=clean_text(filename or "") or None,
        size_bytes=_size(size),
        content_id=clean_text(content_id or "").strip("<> ") or None,
    )


def numbered_media(
    form: Mapping[str, str], url: str, content_type: str | None
) -> tuple[Attachment, ...]:
    """List the media of a form with fields like MediaUrl0 and MediaContentType0, bounded.

    Some providers do not say the type.
    """
    found = [
        attachment_of(
            url=form[f"{url}{number}"],
            content_type=form.get(f"{content_type}{number}") if content_type else None,
        )
        for number in numbers_of(form, url)[:_MOST_NUMBERED]
    ]
    return tuple(attachment for attachment in found if attachment is not None)


def _mailbox_of(address: str) -> str:
    canonical = canonicalise(parse_mailbox(address).address, "email", "")
    return without_token(canonical.address.value)


def _addresses(written: Written, kind: ChannelKind) -> list[str]:
    if written is None:
        return []
    several = (written,) if isinstance(written, str | int) else written[:_MOST_RECIPIENTS]
    named = chain.from_iterable(addresses_in(str(value), kind) for value in several)
    return list(islice(named, _MOST_RECIPIENTS))


def _message_ids(written: Written) -> tuple[str, ...]:
    several = (written,) if isinstance(written, str | int) else written or ()
    found = chain.from_iterable(parse_message_ids(clean_text(str(value))) for value in several)
    return root_and_newest(found)


def _bytes_of(base64: str) -> bytes:
    try:
        return b64decode(base64, validate=True)
    except ValueError:
        raise Unreadable("content of an attachment must be base64") from None


def _size(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_SIZE else None
