"""The mails that readers are compared on, one line for what each is about."""

from collections.abc import Mapping

from sent_mails import HELP, SentFile, SentMail

from tests.mails import a_mail, a_multipart

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PDF = SentFile(name="offer.pdf", content_type="application/pdf", content=b"%PDF-1.7\n\xff\0end")
LOGO = SentFile(name="logo.png", content_type="image/png", content=PNG, content_id="logo@x")
FORWARDED = b"From: ben@example.org\nSubject: old\nMessage-ID: <0@example.org>\n\nAn old mail\n"
HTML = "<p>Hello <b>there</b></p>"
LONG = "Could somebody look into it and tell me when to expect my parcel? " * 40


def _file(name: str, content_type: str, content: bytes = b"content") -> SentFile:
    return SentFile(name=name, content_type=content_type, content=content)


SENDERS = [
    SentMail(title="a sender without a name", sender=("", "ann@example.org")),
    SentMail(title="a name with a comma", sender=("Ruiz, Ann", "ann@example.org")),
    SentMail(title="a name with quotes", sender=('Ann "CJ" Ruiz', "ann@example.org")),
    SentMail(title="a name in UTF-8", sender=("Jürgen Groß", "j@example.org")),
    SentMail(title="a name in a header of UTF-8", sender=("Jürgen", "j@example.org"), words=None),
    SentMail(title="a name in ISO-8859-1", sender=("Jürgen", "j@example.org"), words="iso-8859-1"),
    SentMail(title="a name of an emoji", sender=("👍 Ann", "ann@example.org")),
    SentMail(title="a name in Japanese", sender=("山田太郎", "y@example.org"), words="iso-2022-jp"),
    SentMail(title="a name that is an address", sender=("help@bank.example", "eve@example.org")),
    SentMail(title="a name with brackets", sender=("Ann <help@bank.example>", "eve@example.org")),
    SentMail(title="a name with a comment", sender=("Ann (Sales)", "ann@example.org")),
    SentMail(title="an apostrophe", sender=("Pat O'Neil", "pat.o'neil@example.org")),
    SentMail(title="a tagged address", sender=("Ann", "ann+shop@example.org")),
    SentMail(title="capitals in an address", sender=("Ann", "Ann.Ruiz@Example.ORG")),
    SentMail(title="a domain in punycode", sender=("Ann", "ann@xn--bcher-kva.example")),
    SentMail(title="a long name", sender=("Ann " + "of the long name " * 12, "ann@example.org")),
    SentMail(title="a name of a shop", sender=("* 💲 Free Gift: https://x.test/?1 💲", "s@x.test")),
]
RECIPIENTS = [
    SentMail(title="two recipients", to=(HELP, ("", "ben@example.org"))),
    SentMail(title="recipients with names", to=(("Help", HELP[1]), ("Ben Ó", "ben@example.org"))),
    SentMail(title="names with commas", to=(("Help, Desk", HELP[1]), ("Ö, B", "ben@example.org"))),
    SentMail(title="many", to=(HELP, *(("", f"p{number}@example.org") for number in range(12)))),
    SentMail(title="a copy", cc=(("", "cat@example.org"),)),
    SentMail(title="copies with names", cc=(("Cat, C", "c@example.org"), ("Dän", "d@example.org"))),
    SentMail(title="a blind copy to us", to=(("", "list@example.org"),)),
    SentMail(title="a blind copy to our other address", copied="sales@example.com"),
    SentMail(title="nobody is named", to=()),
    SentMail(title="a field for blind copies", hidden=(("", "sales@example.com"),)),
    SentMail(title="we are a copy", to=(("", "ben@example.org"),), cc=(HELP,)),
]
SUBJECTS = [
    SentMail(title="no subject", subject=""),
    SentMail(title="a subject in UTF-8", subject="Größe und Maße"),
    SentMail(title="a subject in ISO-8859-1", subject="Größe", words="iso-8859-1"),
    SentMail(title="a subject in Japanese", subject="荷物はどこですか", words="iso-2022-jp"),
    SentMail(title="a subject in Russian", subject="Где посылка", words="koi8-r"),
    SentMail(title="a subject in many words", subject="Wo bleibt die Lieferung für Größe L? " * 6),
    SentMail(title="a subject in one long word", subject="Größe 👍 " * 20, words="one word"),
    SentMail(title="a subject of emoji", subject="👍 ❤️ 👨‍👩‍👧"),
    SentMail(title="a subject in a header of UTF-8", subject="Größe", words=None),
    SentMail(title="a long subject", subject=LONG[:600].strip()),
    SentMail(title="a reply", subject="Re: AW: [EXT] Order #7"),
    SentMail(title="a subject from right to left", subject="איפה החבילה שלי"),
]
TEXTS = [
    SentMail(title="text"),
    SentMail(title="HTML", text=None, html=HTML),
    SentMail(title="text and HTML", html=HTML),
    SentMail(title="nothing", text=""),
    SentMail(title="nothing but blanks", text=" \n\n \n"),
    SentMail(title="text and an HTML of nothing", html=""),
    SentMail(title="an HTML and a text of nothing", text="", html=HTML),
    SentMail(title="many lines", text="One\n\n  two\n\tthree \n\n\nfour\n"),
    SentMail(title="a line that begins with From", text="Hello\nFrom here on\n.\n..\n"),
    SentMail(title="quoted lines", text="Yes.\n\n> Is it so?\n>> Perhaps.\n\n-- \nAnn\n"),
    SentMail(title="a long text", text=LONG, encoding="quoted-printable"),
    SentMail(title="a long text in base64", text=LONG * 20, encoding="base64"),
    SentMail(title="emoji", text="👍 ❤️ 👨‍👩‍👧"),
    SentMail(title="signs of forms", text="a=1&b=2 %20 +1 \\n \"x\" 'y'"),
    SentMail(title="signs of HTML", html="<p>1 &lt; 2 &amp;&nbsp;Größe &#8364;</p>"),
    SentMail(title="text in ISO-8859-1", text="Größe", charset="iso-8859-1"),
    SentMail(title="text in ISO-8859-15", text="Preis: 5 € für Œuvre", charset="iso-8859-15"),
    SentMail(title="quotation marks of Windows", text="“Hi” – 5 €", charset="windows-1252"),
    SentMail(title="text in Russian", text="Где моя посылка?", charset="koi8-r"),
    SentMail(title="text in Japanese", text="荷物はどこですか", charset="iso-2022-jp"),
    SentMail(title="text in Chinese", text="我的包裹在哪里", charset="gb2312"),
    SentMail(title="text in Hebrew", text="איפה החבילה", charset="iso-8859-8"),
    SentMail(title="quoted-printable", text="Größe = 5\n" * 30, encoding="quoted-printable"),
    SentMail(title="HTML in ISO-8859-1", text=None, html="<p>Größe</p>", charset="iso-8859-1",
        encoding="quoted-printable"),
    SentMail(title="HTML in base64", html=f"<div>Größe</div>{HTML}", encoding="base64"),
]  # fmt: skip
FILES = [
    SentMail(title="a file", files=(PDF,)),
    SentMail(title="two files", html=HTML, files=(PDF, _file("b.zip", "application/zip", b"PK"))),
    SentMail(title="an image that HTML shows", html='<img src="cid:logo@x">', files=(LOGO,)),
    SentMail(title="an image and a file", html='<img src="cid:logo@x">', files=(LOGO, PDF)),
    SentMail(title="a file with a name in UTF-8", files=(_file("Prüfung März.pdf", "a/b"),)),
    SentMail(title="a file with spaces", files=(_file("a b (1).pdf", "application/pdf"),)),
    SentMail(title="a text file", files=(_file("notes.txt", "text/plain", b"Notes\n"),)),
    SentMail(title="an HTML file", files=(_file("page.html", "text/html", b"<p>Page"),)),
    SentMail(title="a table in ISO-8859-1",
        files=(_file("t.csv", "text/csv; charset=iso-8859-1", b"Gr\xf6\xdfe;1\n"),)),
    SentMail(title="a file and no text", text="", files=(PDF,)),
    SentMail(title="an empty file", files=(_file("empty.bin", "application/octet-stream", b""),)),
    SentMail(title="all bytes", files=(_file("x.bin", "application/octet-stream", PNG * 40),)),
    SentMail(title="a mail as a file", files=(_file("old.eml", "message/rfc822", FORWARDED),)),
    SentMail(title="an invitation", files=(_file("i.ics", "text/calendar", b"BEGIN:VCALENDAR"),)),
    SentMail(title="a file with a path", files=(_file("../a/index.html", "text/html"),)),
    SentMail(title="a file with a path of Windows", files=(_file("\\mail\\f.msg", "a/b"),)),
    SentMail(title="a file without a name", files=(_file("", "application/pdf"),)),
    SentMail(title="a file with a long name", files=(_file("x" * 200 + ".pdf", "a/b"),)),
]  # fmt: skip
DATES = [
    SentMail(title="no date", date=""),
    SentMail(title="a date that is none", date="yesterday"),
    SentMail(title="a year of two digits", date="01 Nov 24 15:00:00 +0100"),
    SentMail(title="a zone by its name", date="Fri, 1 Nov 2024 09:00:00 EST"),
    SentMail(title="a zone as a comment", date="Fri, 1 Nov 2024 15:00:00 +0100 (CET)"),
    SentMail(title="a zone that nobody knows", date="Fri, 1 Nov 2024 14:00:00 -0000"),
    SentMail(title="a zone that there is none of", date="Fri, 1 Nov 2024 15:00:00 +9900"),
    SentMail(title="no seconds", date="Fri, 1 Nov 2024 15:00 +0100"),
    SentMail(title="a leap second", date="Sat, 31 Dec 2016 23:59:60 +0000"),
    SentMail(title="a time of the year 9999", date="Fri, 31 Dec 9999 23:59:59 -1200"),
]
FIELDS = [
    SentMail(title="an answer", fields=(("In-Reply-To", "<1@example.com>"),
        ("References", "<0@example.com> <1@example.com>"))),
    SentMail(title="another address for answers", fields=(("Reply-To", "Ann <other@x.test>"),)),
    SentMail(title="an absence", fields=(("Auto-Submitted", "auto-replied"),)),
    SentMail(title="a list", fields=(("List-Id", "<l.x.test>"), ("Precedence", "list"))),
    SentMail(title="spam", fields=(("X-Spam-Status", "Yes"), ("X-Spam-Score", "9.7"),
        ("X-Mailgun-Sflag", "Yes"), ("X-Mailgun-Sscore", "9.7"))),
    SentMail(title="fields that come again", fields=(("Received", "from b"), ("Received", "from a"),
        ("Return-Path", "<forged@x.test>"))),
]  # fmt: skip
MAILS = [*SENDERS, *RECIPIENTS, *SUBJECTS, *TEXTS, *FILES, *DATES, *FIELDS]

_HEAD = ("From: Ann Ruiz <ann@example.org>", "To: help@example.com", "Subject: s")
_HELLO = a_mail("text/plain; charset=utf-8", "Hello\n")
_SHOWN = a_mail("image/png; name=logo.png", PNG, "Content-Disposition: inline",
    "Content-ID: <logo@x>", "Content-Transfer-Encoding: binary")  # fmt: skip
_OFFER = a_mail("application/pdf; name=offer.pdf", "pdf", "Content-Disposition: attachment")


def _mixed(*parts: bytes) -> bytes:
    return a_multipart("mixed", parts, *_HEAD)


def _headed(*fields: bytes) -> bytes:
    return b"\n".join((*fields, b"Content-Type: text/plain; charset=utf-8", b"", b"Hello\n"))


_TO = b"To: help@example.com"
# Mails as only their bytes tell them: what is in pieces has lost these differences.
RAW_MAILS: Mapping[str, bytes] = {
    "text after an image": _mixed(_HELLO, _SHOWN, a_mail("text/plain", "and this\n")),
    "text in two parts": _mixed(_HELLO, a_mail("text/plain", "and this\n")),
    "a mail in a mail": _mixed(_HELLO, a_mail("message/rfc822", FORWARDED)),
    "a file that nothing calls one": _mixed(_HELLO, a_mail("application/pdf; name=a.pdf", "pdf")),
    "a file that only its type names": _mixed(_HELLO, _OFFER),
    "an image without a name": _mixed(
        _HELLO, a_mail("image/png", PNG, "Content-Disposition: inline")
    ),
    "a text file that is shown": _mixed(
        _HELLO, a_mail("text/plain; name=n.txt", "notes\n", "Content-Disposition: inline")
    ),
    "a signature": a_multipart(
        "signed", [_HELLO, a_mail("application/pgp-signature", "sig")], *_HEAD
    ),
    "a related HTML": a_multipart(
        "related", [a_mail("text/html; charset=utf-8", "<img src='cid:logo@x'>"), _SHOWN], *_HEAD
    ),
    "flowed lines": b"\n".join(
        (*map(str.encode, _HEAD), b"Content-Type: text/plain; format=flowed", b"",
            b"A long \nline\n")
    ),
    "no charset, in UTF-8": a_mail("text/plain", "Größe\n", *_HEAD),
    "no charset, in ISO-8859-1": a_mail("text/plain", "Größe\n".encode("latin-1"), *_HEAD),
    "an unknown charset": a_mail("text/plain; charset=x-unknown", "Größe\n", *_HEAD),
    "a charset of Windows by another name": a_mail(
        "text/plain; charset=iso-8859-1", b"\x93Hi\x94\n", *_HEAD
    ),
    "no content type": b"\n".join((*map(str.encode, _HEAD), b"", b"Hello\n")),
    "two senders": _headed(b"From: ann@example.org, ben@example.org", _TO),
    "an address as a name": _headed(b"From: help@bank.example <eve@example.org>", _TO),
    "no sender": _headed(_TO),
    "a group": _headed(b"From: ann@example.org", b"To: Desk: help@example.com, b@example.org;"),
    "semicolons": _headed(b"From: ann@example.org", b"To: help@example.com; b@example.org"),
    "a Message-ID of nothing": _headed(b"From: ann@example.org", _TO, b"Message-ID: <>"),
    "a subject in bytes of ISO-8859-1": _headed(b"From: a@x.test", _TO, b"Subject: pidi\xf3"),
    "a word that is cut": _headed(
        b"From: a@x.test", _TO, b"Subject: =?utf-8?q?Gr=C3?=\n =?utf-8?q?=BC=C3=9Fe?="
    ),
    "a word that is broken": _headed(b"From: a@x.test", _TO, b"Subject: =?utf-8?q?a=88?="),
    "a name in a quoted word": _headed(b'From: "=?utf-8?q?J=C3=BCrgen?=" <j@x.test>', _TO),
}  # fmt: skip
