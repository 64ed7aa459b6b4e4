"""How each provider is sent files, field by field as it documents them."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from samples import NOW, channel, outbound_mail

from domain.channel import Channel
from domain.mail_handover import MailHandover
from domain.mime.compose import compose_mail
from domain.multipart import parse_multipart
from domain.outbound import OutboundAttachment, SendRequest
from providers import SENDERS

PDF = b"%PDF-1.7\x00\xff"
FILES = (
    OutboundAttachment(filename='a "b"\r\n.pdf', content_type="application/pdf", content=PDF),
    OutboundAttachment(filename="Grüße.bin", content_type=None, content=b"\r\n--x--\r\n"),
)
_ACCOUNTS = {"ses": "arn:aws:sns:eu-west-1:123456789012:inlet", "twilio": "AC1"}
_CREDENTIALS = {"ses": "AKIDEXAMPLE:a secret key"}
Files = list[tuple[str, str | None, bytes]]
Request = SendRequest | MailHandover


def _json(place: Callable[[Any], Any], name: str, kind: str | None, content: str) -> Any:
    def read(request: Request) -> Files:
        found = place(msgspec.json.decode(request.body))
        return [
            (file[name], file[kind] if kind else None, b64decode(file[content])) for file in found
        ]

    return read


def _parts(request: Request) -> Files:
    assert isinstance(request, SendRequest)
    parts = parse_multipart(request.body, request.headers["content-type"])
    assert {part.name for part in parts if part.filename is None} >= {"from", "to", "text"}
    return [
        (part.filename or "", part.content_type, part.content)
        for part in parts
        if part.name == "attachment"
    ]


def _mail(request: Request) -> Files:
    mail = message_from_bytes(request.body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return [
        (file.get_filename() or "", file.get_content_type(), file.get_content())
        for file in mail.iter_attachments()
    ]


# By provider: how its files are read back, and what its page calls their fields.
# https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
# https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
# https://postmarkapp.com/developer/user-guide/send-email-with-api#send-an-email-with-attachments
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Attachment.html
# https://resend.com/docs/dashboard/emails/attachments
# https://developers.brevo.com/reference/sendtransacemail
# RFC 2183 (smtp)
# https://mailchimp.com/developer/transactional/api/messages/send-new-message/
READERS: Mapping[str, Callable[[Request], Files]] = {
    "sendgrid": _json(lambda sent: sent["attachments"], "filename", "type", "content"),
    "mailgun": _parts,
    "postmark": _json(lambda sent: sent["Attachments"], "Name", "ContentType", "Content"),
    "ses": _json(
        lambda sent: sent["Content"]["Simple"]["Attachments"],
        "FileName",
        "ContentType",
        "RawContent",
    ),
    "resend": _json(lambda sent: sent["attachments"], "filename", None, "content"),
    "brevo": _json(lambda sent: sent["attachment"], "name", None, "content"),
    "mandrill": _json(lambda sent: sent["message"]["attachments"], "name", "type", "content"),
    "smtp": _mail,
    "generic": _json(lambda sent: sent["attachments"], "filename", "content_type", "content"),
}
# Neither a form nor a header holds line ends, and a form no quotes.
_ESCAPED = {"mailgun": "a %22b%22%0D%0A.pdf", "smtp": 'a "b" .pdf'}
TAKING = sorted(name for name, sender in SENDERS.items() if sender.MOST_FILE_BYTES)


def _place(provider: str) -> Channel:
    scheme = "smtps" if provider == "smtp" else "https"
    return replace(
        channel(provider, "email", credential=_CREDENTIALS.get(provider, "key")),
        account=_ACCOUNTS.get(provider),
        send_url=f"{scheme}://provider.test",
    )


@pytest.mark.parametrize("provider", TAKING)
def test_files_leave_as_they_came(provider: str) -> None:
    message = replace(outbound_mail(provider), attachments=FILES)
    found = READERS[provider](SENDERS[provider].compose_send(message, _place(provider), NOW))
    assert [content for _, _, content in found] == [file.content for file in FILES]
    assert found[0][0] == _ESCAPED.get(provider, FILES[0].filename)
    assert found[1][0] == "Grüße.bin"
    kinds = {kind for _, kind, _ in found} - {None}
    assert kinds in (
        set[str](),
        {"application/pdf"},
        {"application/pdf", "application/octet-stream"},
    )


@pytest.mark.parametrize("provider", TAKING)
def test_a_mail_without_files_names_none(provider: str) -> None:
    request = SENDERS[provider].compose_send(outbound_mail(provider), _place(provider), NOW)
    assert b"octet-stream" not in request.body
    assert b"multipart" not in request.body


def test_a_mail_with_files_is_the_same_bytes_at_every_try() -> None:
    message = replace(outbound_mail("smtp"), attachments=FILES)
    assert compose_mail(message) == compose_mail(message)


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "odd", "a/b/c", ""])
def test_what_a_mail_cannot_hold_as_it_is_leaves_as_bytes(kind: str) -> None:
    file = OutboundAttachment(filename="x", content_type=kind or None, content=PDF)
    message = replace(outbound_mail("smtp"), attachments=(file,))
    place = _place("smtp")
    [(_, written, content)] = _mail(SENDERS["smtp"].compose_send(message, place, NOW))
    assert (written, content) == ("application/octet-stream", PDF)
