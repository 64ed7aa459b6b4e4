"""Mails as Gmail, Outlook, Apple Mail and Thunderbird write them.

That is the order and spelling of fields, folding, bodies and quotations. Which of the fields of RFC
5322 section 3.6.4 a mail has says whoever writes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

_DATE = "Thu, 31 Oct 2024 15:0{minute}:00 +0100"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What somebody writes. Message-IDs are without brackets; `quoted` is what is answered."""

    message_id: str
    sender: str
    to: Sequence[str]
    subject: str
    text: str
    cc: Sequence[str] = ()
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    quoted: str | None = None
    minute: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailClient:
    """A mail program. `message_id` makes one as it does; `re` and `fwd` begin its subjects."""

    message_id: Callable[[str], str]
    write: Callable[[Letter], bytes]
    re: str
    fwd: str


def _gmail(letter: Letter) -> bytes:
    quotation = "On Thu, Oct 31, 2024 at 3:00\u202fPM Help <help@example.com> wrote:"
    text, html = letter.text, f'<div dir="ltr">{letter.text}</div>'
    if letter.quoted:
        text += f"\r\n\r\n{quotation}\r\n\r\n> {letter.quoted}\r\n>\r\n"
        html += (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{quotation}<br></div>'
            f'<blockquote class="gmail_quote">{letter.quoted}</blockquote></div>'
        )
    fields = [
        "MIME-Version: 1.0",
        *_thread(letter, " "),
        f"From: {letter.sender}",
        f"Date: {_DATE.format(minute=letter.minute)}",
        f"Message-ID: <{letter.message_id}>",
        f"Subject: {letter.subject}",
        f"To: {', '.join(letter.to)}",
        *_copies(letter, "Cc"),
    ]
    return _alternative(fields, text, html, "0000000000001f2e3d0625c8a4b1")


def _outlook(letter: Letter) -> bytes:
    text, html = (
        f"{letter.text}\r\n",
        f"<html><body><div>{letter.text}</div>",
    )
    if letter.quoted:
        head = "From: Help <help@example.com>\r\nSent: Thursday, October 31, 2024 3:00 PM"
        text += f"\r\n________________________________\r\n{head}\r\n\r\n{letter.quoted}\r\n"
        html += (
            '<hr tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Help '
            f"&lt;help@example.com&gt;</div><div>{letter.quoted}</div>"
        )
    fields = [
        f"From: {letter.sender}",
        f"To: {', '.join(letter.to)}",
        *_copies(letter, "CC"),
        f"Subject: {letter.subject}",
        "Thread-Topic: Order",
        "Thread-Index: AQHbK2oQ0m1kq3TQ+kGv5Q7v1m2r4rKx",
        f"Date: {_DATE.format(minute=letter.minute)}",
        f"Message-ID:\r\n <{letter.message_id}>",
        *_thread(letter, "\r\n "),
        "Accept-Language: en-US",
        "MIME-Version: 1.0",
    ]
    return _alternative(fields, text, f"{html}</body></html>", "_000_DB9PR04MB0001DB9PR04MB0001_")


def _apple_mail(letter: Letter) -> bytes:
    text = letter.text
    if letter.quoted:
        text += (
            "\r\n\r\n> On 31 Oct 2024, at 15:00, Help <help@example.com> wrote:\r\n> \r\n"
            f"> {letter.quoted}\r\n"
        )
    fields = [
        f"From: {letter.sender}",
        "Content-Type: text/plain;\r\n\tcharset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.600.62\\))",
        f"Subject: {letter.subject}",
        f"Date: {_DATE.format(minute=letter.minute)}",
        *_thread(letter, "\r\n "),
        f"To: {', '.join(letter.to)}",
        *_copies(letter, "Cc"),
        f"Message-Id: <{letter.message_id}>",
        "X-Mailer: Apple Mail (2.3774.600.62)",
    ]
    return _joined([*fields, "", text])


def _thunderbird(letter: Letter) -> bytes:
    text = letter.text
    if letter.quoted:
        text = f"On 10/31/24 15:00, Help wrote:\r\n> {letter.quoted}\r\n\r\n{text}"
    fields = [
        f"Message-ID: <{letter.message_id}>",
        f"Date: {_DATE.format(minute=letter.minute)}",
        "MIME-Version: 1.0",
        "User-Agent: Mozilla Thunderbird",
        f"Subject: {letter.subject}",
        "Content-Language: en-US",
        f"To: {', '.join(letter.to)}",
        *_copies(letter, "Cc"),
        *_thread(letter, "\r\n "),
        f"From: {letter.sender}",
        "Content-Type: text/plain; charset=UTF-8; format=flowed",
        "Content-Transfer-Encoding: 8bit",
    ]
    return _joined([*fields, "", text, ""])


def _thread(letter: Letter, between: str) -> list[str]:
    fields: list[str] = []
    if letter.references:
        fields.append("References: " + between.join(f"<{each}>" for each in letter.references))
    if letter.in_reply_to:
        fields.append(f"In-Reply-To: <{letter.in_reply_to}>")
    return fields


def _copies(letter: Letter, name: str) -> list[str]:
    return [f"{name}: {', '.join(letter.cc)}"] if letter.cc else []


def _alternative(fields: Sequence[str], text: str, html: str, boundary: str) -> bytes:
    return _joined(
        [
            *fields,
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
            "",
            f"--{boundary}",
            'Content-Type: text/plain; charset="UTF-8"',
            "",
            text,
            f"--{boundary}",
            'Content-Type: text/html; charset="UTF-8"',
            "",
            html,
            f"--{boundary}--",
            "",
        ]
    )


def _joined(lines: Sequence[str]) -> bytes:
    return "\r\n".join(lines).encode()


def _unique(name: str) -> str:
    return uuid5(NAMESPACE_URL, name).hex


CLIENTS: Mapping[str, MailClient] = MappingProxyType(
    {
        "gmail": MailClient(
            message_id=lambda name: f"CA+{_unique(name)}@mail.gmail.com",
            write=_gmail,
            re="Re: ",
            fwd="Fwd: ",
        ),
        "outlook": MailClient(
            message_id=lambda name: (
                f"DB9PR04MB{_unique(name)}@DB9PR04MB0001.eurprd04.prod.outlook.com"
            ),
            write=_outlook,
            re="RE: ",
            fwd="FW: ",
        ),
        "apple_mail": MailClient(
            message_id=lambda name: f"{str(uuid5(NAMESPACE_URL, name)).upper()}@example.org",
            write=_apple_mail,
            re="Re: ",
            fwd="Fwd: ",
        ),
        "thunderbird": MailClient(
            message_id=lambda name: f"{uuid5(NAMESPACE_URL, name)}@example.org",
            write=_thunderbird,
            re="Re: ",
            fwd="Fwd: ",
        ),
    }
)
