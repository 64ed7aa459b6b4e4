"""The ways in which providers post a mail: in pieces, or as it came.

What `simulation` composes of it, and what each provider adds that Inlet does not need. Source: the
pages that are named at the head of simulation/NAME.py.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec
from sent_mails import Person, SentMail, header_of

from domain.channel import Channel
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.form import FORM
from domain.message import Attachment, InboundMessage, Recipient, RecipientRole
from domain.message_parts import named_mailbox
from domain.multipart import MULTIPART, parse_multipart
from simulation import PLAYED, PLAYED_KEEPERS
from simulation.multipart import PostedFile, write_multipart
from simulation.sns import TOPIC, notification
from tests.unit.samples import NOW, channel

URL: Final = "https://inlet.example/webhooks/any/tok"
OWN: Final = ("help@example.com", "sales@example.com")

_SECRET = "whsec_b2xkIHNlY3JldA=="
_KEY = "AKIDEXAMPLE:a secret key"
_CONTENT_URL = "https://inbound-cdn.resend.com/raw?signature=abc"
_Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What a provider posts, and what it answers who asks for what it keeps, by URL."""

    provider: str
    delivery: Delivery
    kept: Mapping[str, FetchAnswer] = field(default_factory=dict[str, FetchAnswer])


def channel_of(provider: str) -> Channel:
    return replace(channel(provider, "email", (_SECRET,), _KEY), account=TOPIC)


def _postmark(mail: SentMail) -> Post:
    told = {"To": mail.to, "Cc": mail.cc, "Bcc": mail.hidden or _copied(mail)}
    fields = [*mail.fields, *(pair for pair in header_of(mail) if pair[0] == "Message-ID")]
    reply_to = dict(mail.fields).get("Reply-To", "")
    changes: _Fields = {
        **{f"{name}Full": [_full(person) for person in people] for name, people in told.items()},
        "OriginalRecipient": mail.copied,
        "Date": mail.date,
        "ReplyTo": reply_to,
        "TextBody": mail.text or "",
        "HtmlBody": mail.html or "",
        "Headers": [
            {"Name": name, "Value": value}
            for name, value in [("Return-Path", "<bounces@example.org>"), *fields]
            if name != "Reply-To"
        ],
    }
    return _with_json("postmark", mail, changes)


def _postmark_whole(raw: bytes, copied: str) -> Post:
    mail = SentMail(title="", text=None, copied=copied)
    lines = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    hidden = [] if copied.encode() in raw else [_full(("", copied))]
    changes: _Fields = {"RawEmail": lines, "OriginalRecipient": copied, "BccFull": hidden}
    return _with_json("postmark", mail, changes)


def _mailgun(mail: SentMail) -> Post:
    return _with_form(
        "mailgun",
        mail,
        {
            "recipient": mail.copied,
            "sender": "bounces@example.org",
            "from": _mailbox(mail.sender),
            "body-plain": mail.text or "",
            "body-html": mail.html or "",
            "stripped-text": mail.text or "",
            "message-headers": msgspec.json.encode(_decoded_header(mail)).decode(),
        },
    )


def _mailgun_whole(raw: bytes, copied: str) -> Post:
    mail = SentMail(title="", text=None)
    return _with_form("mailgun", mail, {"recipient": copied, "body-mime": raw})


def _sendgrid(mail: SentMail) -> Post:
    charsets = dict.fromkeys(("to", "from", "subject", "cc"), "UTF-8")
    bodies = {"text": mail.text, "html": mail.html}
    written = {name: text.encode(mail.charset) for name, text in bodies.items() if text is not None}
    return _with_form(
        "sendgrid",
        mail,
        {
            "text": None,
            "html": None,
            **written,
            "headers": "".join(f"{name}: {value}\n" for name, value in header_of(mail)),
            "charsets": msgspec.json.encode(charsets | dict.fromkeys(written, mail.charset)),
            "envelope": _envelope(mail.copied),
            "spam_score": "0.1",
        },
    )


def _sendgrid_whole(raw: bytes, copied: str) -> Post:
    no_pieces = dict.fromkeys(("headers", "text", "attachments", "attachment-info"))
    mail = SentMail(title="", text=None)
    changes = {**no_pieces, "email": raw, "envelope": _envelope(copied)}
    return _with_form("sendgrid", mail, changes)


def _mandrill_whole(raw: bytes, copied: str) -> Post:
    delivery = _composed("mandrill", SentMail(title=""))
    ((name, batch),) = parse_qsl(delivery.body.decode())
    (event,) = msgspec.json.decode(batch)
    event["msg"] |= {"raw_msg": raw.decode("utf-8", "replace"), "email": copied}
    body = urlencode({name: msgspec.json.encode([event])}).encode()
    return Post(provider="mandrill", delivery=replace(delivery, body=body))


def _ses_whole(action: Mapping[str, object]) -> Callable[[bytes, str], Post]:
    def post(raw: bytes, copied: str) -> Post:
        mail = SentMail(title="", text=None)
        delivery = _composed("ses", mail)
        told = msgspec.json.decode(msgspec.json.decode(delivery.body)["Message"])
        told["receipt"]["recipients"] = [copied]
        told["receipt"]["action"] |= action
        if action.get("encoding") == "BASE64":
            told["content"] = b64encode(raw).decode()
        elif action:
            told["content"] = raw.decode("utf-8", "replace")
        kept = {
            url: replace(answer, body=answer.body if "/Simple" in url else raw)
            for url, answer in _kept("ses", mail).items()
        }
        posted = replace(delivery, body=notification(told, NOW))
        return Post(provider="ses", delivery=posted, kept=kept)

    return post


def _brevo(mail: SentMail) -> Post:
    delivery = _composed("brevo", mail)
    (item,) = msgspec.json.decode(delivery.body)["items"]
    item |= {
        "RawTextBody": mail.text,
        "RawHtmlBody": mail.html,
        "SentAtDate": mail.date,
        "Recipients": [{"Name": None, "Address": mail.copied}],
        "Headers": _by_name(header_of(mail)),
    }
    body = msgspec.json.encode({"items": [item]})
    kept = _kept("brevo", mail)
    return Post(provider="brevo", delivery=replace(delivery, body=body), kept=kept)


def _resend(mail: SentMail) -> Post:
    beside = ("From", "To", "Cc", "Bcc", "Subject", "Message-ID")
    fields = [(name.lower(), value) for name, value in header_of(mail) if name not in beside]
    changes: _Fields = {"html": mail.html, "text": mail.text, "headers": _by_name(fields)}
    return _kept_by_resend(mail, mail.copied, changes, {})


def _resend_whole(raw: bytes, copied: str) -> Post:
    answer = FetchAnswer(status=200, headers={}, body=raw)
    place: _Fields = {"raw": {"download_url": _CONTENT_URL}}
    mail = SentMail(title="", text=None)
    return _kept_by_resend(mail, copied, place, {_CONTENT_URL: answer})


IN_PIECES: Final[Mapping[str, Callable[[SentMail], Post]]] = {
    "postmark": _postmark,
    "mailgun": _mailgun,
    "sendgrid": _sendgrid,
    "brevo": _brevo,
    "resend": _resend,
}
WHOLE: Final[Mapping[str, Callable[[bytes, str], Post]]] = {
    "postmark, raw": _postmark_whole,
    "mailgun, raw": _mailgun_whole,
    "sendgrid, raw": _sendgrid_whole,
    "mandrill, raw": _mandrill_whole,
    "ses, in base64": _ses_whole({"type": "SNS", "encoding": "BASE64"}),
    "ses, in UTF-8": _ses_whole({"type": "SNS", "encoding": "UTF8"}),
    "ses, in a bucket": _ses_whole({}),
    "resend, raw": _resend_whole,
}


def _message(mail: SentMail) -> InboundMessage:
    roles: tuple[tuple[RecipientRole, Any], ...] = (("to", mail.to), ("cc", mail.cc))
    return InboundMessage(
        kind="email",
        provider_message_id="m-1",
        sender=_mailbox(mail.sender),
        recipients=tuple(
            Recipient(role=role, address=_mailbox(person)) for role, of in roles for person in of
        ),
        body=mail.text or "",
        subject=mail.subject,
        attachments=tuple(
            Attachment(
                content=file.content,
                content_type=file.content_type,
                filename=file.name,
                content_id=file.content_id,
            )
            for file in mail.files
        ),
    )


def _composed(provider: str, mail: SentMail) -> Delivery:
    return PLAYED[provider].compose(_message(mail), channel_of(provider), URL, NOW)


def _kept(provider: str, mail: SentMail) -> Mapping[str, FetchAnswer]:
    return PLAYED_KEEPERS[provider].kept(_message(mail), NOW)


def _with_json(provider: str, mail: SentMail, changes: _Fields) -> Post:
    delivery = _composed(provider, mail)
    body = msgspec.json.encode(msgspec.json.decode(delivery.body) | changes)
    return Post(provider=provider, delivery=replace(delivery, body=body))


def _with_form(provider: str, mail: SentMail, changes: Mapping[str, str | bytes | None]) -> Post:
    """Change fields of a form; those that are None are not posted."""
    delivery = _composed(provider, mail)
    files: list[PostedFile] = []
    fields: dict[str, str | bytes] = {}
    if delivery.content_type.startswith(MULTIPART):
        for part in parse_multipart(delivery.body, delivery.content_type):
            if part.filename is None:
                fields[part.name] = part.content
                continue
            file = Attachment(
                content=part.content, content_type=part.content_type, filename=part.filename
            )
            files.append(PostedFile(name=part.name, file=file))
    else:
        fields |= dict(parse_qsl(delivery.body.decode(), keep_blank_values=True))
    changed = {name: value for name, value in (fields | dict(changes)).items() if value is not None}
    if delivery.content_type.startswith(MULTIPART):
        content_type, body = write_multipart(changed, files)
    else:
        content_type, body = FORM, urlencode(changed).encode()
    headers = {**delivery.headers, "content-type": content_type}
    return Post(provider=provider, delivery=replace(delivery, headers=headers, body=body))


def _kept_by_resend(
    mail: SentMail, copied: str, changes: _Fields, more: Mapping[str, FetchAnswer]
) -> Post:
    """Change what is kept. Anymail looks for the places of files in the mail, not in the list."""
    delivery = _composed("resend", mail)
    posted = msgspec.json.decode(delivery.body)
    posted["data"]["received_for"] = [copied]
    kept = dict(_kept("resend", mail))
    listed = [msgspec.json.decode(kept[url].body)["data"] for url in kept if "/attachments?" in url]
    (url,) = (url for url in kept if url.endswith("?html_format=cid"))
    pieces = msgspec.json.decode(kept[url].body) | {"attachments": listed[0]} | changes
    kept[url] = replace(kept[url], body=msgspec.json.encode(pieces))
    return Post(
        provider="resend",
        delivery=replace(delivery, body=msgspec.json.encode(posted)),
        kept=kept | dict(more),
    )


def _mailbox(person: Person) -> str:
    name, address = person
    return named_mailbox(address, name)


def _full(person: Person) -> dict[str, str]:
    name, address = person
    return {"Email": address, "Name": name, "MailboxHash": ""}


def _copied(mail: SentMail) -> list[Person]:
    """Name who had a copy that no field tells of: Postmark puts them into its field."""
    named = [address for _, address in (*mail.to, *mail.cc)]
    return [] if mail.copied in named else [("", mail.copied)]


def _decoded_header(mail: SentMail) -> list[tuple[str, str]]:
    return header_of(replace(mail, words=None))


def _by_name(fields: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Key fields by their names; one that comes more than once is a list."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value.replace("\n", ""))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _envelope(copied: str) -> bytes:
    return msgspec.json.encode({"to": [copied], "from": "bounces@example.org"})
