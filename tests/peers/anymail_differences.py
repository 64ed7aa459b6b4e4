"""Where Inlet and django-anymail read a mail differently: who is right, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from mail_posts import IN_PIECES, WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One kind of difference: in which mails, by which field, however they are posted."""

    field: str
    mails: frozenset[str]
    ways: frozenset[str]
    right: Literal["Inlet", "anymail", "both"]
    why: str

    def tells_of(self, way: str, title: str, field: str) -> bool:
        return way in self.ways and title in self.mails and field == self.field


_EVERY: Final = frozenset({*IN_PIECES, *WHOLE})
_RAW: Final = frozenset(WHOLE)
_PIECES: Final = frozenset(IN_PIECES)


def _differs(
    field: str,
    mails: Collection[str],
    right: Literal["Inlet", "anymail", "both"],
    why: str,
    ways: Collection[str] = _EVERY,
) -> Difference:
    return Difference(
        field=field, mails=frozenset(mails), ways=frozenset(ways), right=right, why=why
    )


_JSON: Final = frozenset({"postmark, raw", "mandrill, raw", "ses, in UTF-8"})
_FORMS: Final = frozenset({"mailgun, raw", "sendgrid, raw"})
_BYTES: Final = _RAW - _JSON

DIFFERENCES: Final[tuple[Difference, ...]] = (
    _differs("sender", ["an address as a name"], "Inlet",
        "`help@bank.example <eve@example.org>` is from Eve: her address is in the brackets", _RAW),
    _differs("to", ["semicolons"], "Inlet",
        "Outlook writes semicolons between addresses; what stands behind one is lost", _RAW),
    _differs("copied", ["a blind copy to us", "a blind copy to our other address",
        "nobody is named"], "Inlet",
        "Brevo's Recipients and Resend's received_for say to whom a mail came; they are not read",
        ["brevo", "resend", "resend, raw"]),
    _differs("subject", ["a subject in many words", "a subject in one long word"], "both",
        "a blank at the end is kept", _RAW),
    _differs("subject", ["a word that is broken"], "both",
        "a byte that is no UTF-8 is U+FFFD; Inlet takes it for Windows-1252", _RAW),
    _differs("subject", ["a subject in bytes of ISO-8859-1"], "Inlet",
        "a field in the sender's own bytes can be read", _BYTES),
    _differs("text", ["text after an image", "text in two parts"], "Inlet",
        "text is the first part alone: what Apple Mail writes below an image is lost", _RAW),
    _differs("text", ["flowed lines"], "Inlet",
        "format=flowed (RFC 3676) is not joined", _RAW),
    _differs("text", ["no charset, in UTF-8", "no charset, in ISO-8859-1"], "Inlet",
        "without a charset all but ASCII is U+FFFD", _RAW),
    _differs("text", ["a charset of Windows by another name"], "Inlet",
        "what calls itself ISO-8859-1 is Windows-1252, whose quotation marks become controls",
        _BYTES),
    _differs("text", ["text in ISO-8859-1", "text in ISO-8859-15", "text in Russian",
        "text in Chinese", "text in Hebrew", "quotation marks of Windows"], "Inlet",
        "Django decodes forms as UTF-8, so that whole mails in 8-bit charsets are lost", _FORMS),
    _differs("text", ["text in Hebrew"], "both",
        "lost before it is posted: a JSON text holds no bytes that are no UTF-8", _JSON),
    _differs("raised", ["an unknown charset"], "Inlet",
        "LookupError on reading the text: the mail is posted again until its provider gives up",
        _RAW),
    _differs("raised", ["an empty file"], "Inlet",
        "KeyError, since an empty `Content` is taken for none", ["postmark"]),
    _differs("sent_at", ["a leap second"], "Inlet", "its date is None"),
    _differs("sent_at", ["a time of the year 9999"], "Inlet",
        "its date cannot be told in UTC: OverflowError for whoever tries"),
    _differs("files", ["a file with a path", "a file with a path of Windows"], "Inlet",
        "a name has its folders until it is asked for as an uploaded file",
        _EVERY - {"mailgun", "sendgrid"}),
    _differs("files", ["a file without a name"], "Inlet",
        "Django leaves out files whose name is empty or nothing but folders",
        ["mailgun", "sendgrid"]),
    _differs("files", ["a file without a name", "an image without a name"], "both",
        "a file that nobody named is called by its type: document.pdf, image.png", _RAW),
    _differs("files", ["a file that nothing calls one", "a mail in a mail", "a signature"],
        "Inlet", "a part without a Content-Disposition is neither a file nor the text", _RAW),
    _differs("files", ["a mail as a file"], "Inlet",
        "a mail in base64 within a mail is not decoded", _RAW),
    _differs("files", ["a related HTML", "text after an image"], "Inlet",
        "Django decodes forms as UTF-8, so that files in 8 bits are spoilt", _FORMS),
)  # fmt: skip
