"""What the file of a part is called: by its sender, without any folder, else by its type.

A name is for people: it is never a place to write to.
"""

from domain.mail_headers import decode_mail_header
from domain.mime.part import MAIL, Part
from domain.text import without_controls

_LONGEST_NAME = 255
_LONGEST_ENDING = 16
# What files are called that nobody named, by their type.
_BY_TYPE = {
    "application/ics": "invite.ics", "application/ms-tnef": "winmail.dat",
    "application/msword": "document.doc", "application/pdf": "document.pdf",
    "application/pgp-encrypted": "version.asc", "application/pgp-keys": "key.asc",
    "application/pgp-signature": "signature.asc", "application/pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s", "application/vnd.ms-tnef": "winmail.dat",
    "application/x-pkcs7-mime": "smime.p7m", "application/x-pkcs7-signature": "smime.p7s",
    "application/zip": "archive.zip", "image/bmp": "image.bmp", "image/gif": "image.gif",
    "image/heic": "image.heic", "image/jpeg": "image.jpg", "image/jpg": "image.jpg",
    "image/png": "image.png", "image/svg+xml": "image.svg", "image/tiff": "image.tif",
    "image/webp": "image.webp", "audio/mp4": "audio.m4a", "audio/mpeg": "audio.mp3",
    "audio/ogg": "audio.ogg", "audio/wav": "audio.wav", "video/mp4": "video.mp4",
    "video/quicktime": "video.mov", "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "message/feedback-report": "feedback-report.txt", "message/global": "message.eml",
    "message/rfc822": "message.eml", "text/calendar": "invite.ics", "text/csv": "table.csv",
    "text/html": "page.html", "text/plain": "text.txt", "text/rfc822-headers": "headers.txt",
    "text/vcard": "contact.vcf", "text/x-vcard": "contact.vcf",
}  # fmt: skip
_MAIL_ENDING = ".eml"
_WITHOUT_NAME = "attachment"


def given_name(part: Part) -> str | None:
    """Return what its sender calls a file, None where that is no name."""
    for parameters, parameter in (
        (part.disposition_parameters, "filename"),
        (part.parameters, "name"),
    ):
        if name := plain_name(parameters.get(parameter, "")):
            return name
    return None


def file_name(part: Part) -> str:
    """Return what a file is called, so that a program can be found that opens it."""
    name = given_name(part) or _BY_TYPE.get(part.content_type, _WITHOUT_NAME)
    is_mail = part.content_type == MAIL and not name.lower().endswith(_MAIL_ENDING)
    return name[: _LONGEST_NAME - len(_MAIL_ENDING)] + _MAIL_ENDING if is_mail else name


def plain_name(written: str) -> str:
    """Take folders off, and controls, which could show `exe.fdp` as `pdf.exe`."""
    decoded = without_controls(decode_mail_header(written))
    name = decoded.replace("\\", "/").rpartition("/")[2].strip(" .")
    if len(name) <= _LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        return name[:_LONGEST_NAME]
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"
