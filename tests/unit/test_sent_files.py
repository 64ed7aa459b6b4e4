"""How each provider is sent files, field by field as it documents them."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from samples import NOW, channel, outbound_mail

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


def _json(place: Callable[[Any], Any], name: str, kind: str | None, content: str) -> Any:
    def read(request: SendRequest) -> Files:
        found = place(msgspec.json.decode(request.body))
        return [
            (file[name], file[kind] if kind else None, b64decode(file[content])) for file in found
        ]

    return read


def _parts(request: SendRequest) -> Files:
    parts = parse_multipart(request.body, request.headers["content-type"])
    assert {part.name for part in parts if part.filename is None} >= {"from", "to", "text"}
    return [
        (part.filename or "", part.content_type, part.content)
        for part in parts
        if part.name == "attachment"
    ]


# By provider: how its files are read back, and what its page calls their fields.
# https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
# https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
# https://postmarkapp.com/developer/user-guide/send-email-with-api#send-an-email-with-attachments
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Attachment.html
# https://resend.com/docs/dashboard/emails/attachments
# https://developers.brevo.com/reference/sendtransacemail
# https://mailchimp.com/developer/transactional/api/messages/send-new-message/
READERS: Mapping[str, Callable[[SendRequest], Files]] = {
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
    "generic": _json(lambda sent: sent["attachments"], "filename", "content_type", "content"),
}
TAKING = sorted(name for name, sender in SENDERS.items() if sender.MOST_FILE_BYTES)


@pytest.mark.parametrize("provider", TAKING)
def test_files_leave_as_they_came(provider: str) -> None:
    place = replace(
        channel(provider, "email", credential=_CREDENTIALS.get(provider, "key")),
        account=_ACCOUNTS.get(provider),
        send_url="https://provider.test/send",
    )
    message = replace(outbound_mail(provider), attachments=FILES)
    found = READERS[provider](SENDERS[provider].compose_send(message, place, NOW))
    assert [content for _, _, content in found] == [file.content for file in FILES]
    escaped = provider == "mailgun"  # a form has no other way
    assert found[0][0] == ("a %22b%22%0D%0A.pdf" if escaped else FILES[0].filename)
    assert found[1][0] == "Grüße.bin"
    kinds = {kind for _, kind, _ in found} - {None}
    assert kinds in (
        set[str](),
        {"application/pdf"},
        {"application/pdf", "application/octet-stream"},
    )


@pytest.mark.parametrize("provider", TAKING)
def test_a_mail_without_files_names_none(provider: str) -> None:
    place = replace(
        channel(provider, "email", credential=_CREDENTIALS.get(provider, "key")),
        account=_ACCOUNTS.get(provider),
        send_url="https://provider.test/send",
    )
    request = SENDERS[provider].compose_send(outbound_mail(provider), place, NOW)
    assert b"octet-stream" not in request.body
    assert "multipart" not in request.headers["content-type"]
