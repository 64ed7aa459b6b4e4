"""What Brevo posts of a mail that came in.

Source: https://developers.brevo.com/docs/inbound-parse-webhooks.
"""

from typing import Any

import msgspec
from samples import channel, posted

from domain.delivery import Delivery

UUID = "8d79f2b1-20ae-4939-8d0b-000000000001"
MAIL: dict[str, Any] = {
    "Uuid": [UUID],
    "MessageId": "<2@mail.example.com>",
    "InReplyTo": None,
    "From": {"Name": "Ann Ruiz", "Address": "ann@example.org"},
    "To": [{"Name": None, "Address": "help@example.com"}],
    "Cc": [{"Name": "Last, First", "Address": "cc@example.org"}],
    "ReplyTo": None,
    "SentAtDate": "Fri, 1 Aug 2014 16:45:32 -0400",
    "Subject": "Größe",
    "Attachments": [],
    "Headers": {
        "Received": ["by b.example.org; ...", "from a.example.org; ..."],
        "MIME-Version": "1.0",
        "From": "Ann Ruiz <ann@example.org>",
        "Date": "Fri, 1 Aug 2014 16:45:32 -0400",
        "Message-ID": "<2@mail.example.com>",
        "Subject": "=?utf-8?q?Gr=C3=B6=C3=9Fe?=",
        "To": "help@example.com",
        "Cc": '"Last, First" <cc@example.org>',
        "Content-Type": "multipart/alternative",
    },
    "SpamScore": 2.9,
    "ExtractedMarkdownMessage": "Is this **it**?  \n",
    "ExtractedMarkdownSignature": "Ann  \n",
    "RawHtmlBody": "<div>Is this <b>it</b>?</div>\r\n",
    "RawTextBody": "Is this *it*?\r\n",
}
TEXT_FILE = {
    "Name": "Prüfung.txt", "ContentType": "text/plain", "ContentLength": 4, "ContentID": None,
    "DownloadToken": "eyJmb2xkZXIi/+==",
}  # fmt: skip
IMAGE = {
    "Name": "logo.png", "ContentType": "image/png", "ContentLength": 3, "ContentID": "logo@x",
    "DownloadToken": "token-2",
}  # fmt: skip
MAIL_FILE = {
    "Name": "", "ContentType": "message/rfc822", "ContentLength": 5, "ContentID": None,
    "DownloadToken": "token-3",
}  # fmt: skip
CHANNEL = channel("brevo", "email", ("a password",), "xkeysib-1")


def items(*mails: object) -> Delivery:
    return posted(msgspec.json.encode({"items": mails}))
