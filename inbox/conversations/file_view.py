"""What a thread shows of a file: where it is, whether it is here, and pictures themselves. Pure.

Pictures are shown under texts; a mail shows those that its HTML has a place for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.file_type import PICTURES, WEB_PAGE, hides_what_it_is
from inbox.page.display_format import file_size
from store.message_listing import AttachmentStatus, ListedAttachment


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """`reason` says why it could not be fetched; without `href` there is nowhere to go yet."""

    position: int
    name: str
    href: str
    size: str
    warning: str = ""
    picture_href: str = ""
    status: AttachmentStatus = "stored"
    reason: str = ""


def show_file(file: ListedAttachment, *, shows_pictures: bool) -> FileView:
    """Link a file where it is; what is no web address leads nowhere."""
    own_href = f"/inbox/m/{file.message_id}/files/{file.position}"
    is_stored = file.status == "stored"
    is_picture = shows_pictures and is_stored and file.detected_type in PICTURES
    return FileView(
        position=file.position,
        name=file.filename or ("Picture" if is_picture else "Attachment"),
        href=own_href if is_stored else _web_address(file),
        size=file_size(file.size_bytes),
        warning=_warning(file),
        picture_href=f"{own_href}/picture" if is_picture else "",
        status=file.status,
        reason=file.error or "" if file.status == "failed" else "",
    )


def rev_of(files: Iterable[FileView]) -> str:
    """Write what changes once a file was fetched, or could not be."""
    return " ".join(f"{file.status}{file.reason}" for file in files)


def _web_address(file: ListedAttachment) -> str:
    url = file.url or ""
    is_web = file.status == "failed" and url.lower().startswith(("https://", "http://"))
    return url if is_web else ""


def _warning(file: ListedAttachment) -> str:
    if not hides_what_it_is(file.detected_type, file.filename, file.content_type):
        return ""
    kind = "a web page" if file.detected_type == WEB_PAGE else "a program"
    return f"looks like {kind}"
