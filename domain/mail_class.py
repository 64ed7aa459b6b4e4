"""What kind of mail this is: written by somebody, or by a program, and why. Nothing is dropped.

Header fields tell, which senders write as they like: the answer is good for what to reply to, never
for whom to believe. Knows no store. Source: RFC 3834, RFC 2369, RFC 2919, RFC 6522.
"""

import re
from collections.abc import Container

from domain.mail_headers import MailHeaders
from domain.mailbox import parse_mailbox
from domain.message import MailClass
from domain.message_id import parse_message_ids
from domain.mime.part import Part
from domain.mime.report import complaint, delivery_report, report_type

_SAYS_REPLY = ("x-autoreply", "x-autorespond", "x-autoresponder")
_SAYS_BULK = ("list-id", "list-unsubscribe")  # Feedback-ID is on whatever Amazon SES sends
_BULK_PRECEDENCE = frozenset({"bulk", "junk"})
_MAIL_SYSTEM = re.compile(r"(?:mailer-daemon|postmaster)@", re.IGNORECASE)
_NO_REPLY = re.compile(r"(?:no|do[-_.]?not)[-_.]?reply", re.IGNORECASE)
_WORD = re.compile(r"[a-z-]+")
# How Outlook and others begin the subject of what they answer while somebody is away.
_AWAY = re.compile(
    r"(?:automatic reply|out of (?:the )?office|automatische antwort|abwesenheit(?:snotiz)?"
    r"|réponse automatique|absence du bureau|respuesta automática|fuera de la oficina"
    r"|risposta automatica|fuori sede|resposta automática|automatisch antwoord|afwezig"
    r"|autosvar|automatisk svar|automatiskt svar|automaattinen vastaus|odpowiedź automatyczna"
    r"|automatyczna odpowiedź|automatická odpověď|otomatik yanıt|автоматический ответ|автоответ"
    r"|自動応答|自动答复|自动回复|自動回覆|자동 회신)\s*[:：]",
    re.IGNORECASE,
)


def mail_class(mail: Part, own_message_ids: Container[str] = ()) -> MailClass:
    """Say what kind of mail it is; `own_message_ids` are those of mails that we sent."""
    headers = mail.headers
    message_ids = parse_message_ids(next(iter(headers.written("message-id")), ""))
    if any(each in own_message_ids for each in message_ids):
        return "own_echo"
    if complaint(mail):
        return "complaint"
    report = delivery_report(mail)
    if report.is_failure if report else _is_of_mail_system(headers) and _has_no_return(headers):
        return "bounce"
    if _is_of_somebody_away(headers):
        return "out_of_office"
    if _is_reply_of_program(headers):
        return "auto_reply"
    if kind := _kind_of_list(headers):
        return kind
    is_automatic = report_type(mail) is not None or _is_of_program(headers)
    return "auto_reply" if is_automatic else "human"


def _is_of_somebody_away(headers: MailHeaders) -> bool:
    if _AWAY.match(headers.first("subject") or ""):
        return True
    auto_submitted = (headers.first("auto-submitted") or "").lower()
    has_inbox_rule = bool(headers.written("x-ms-exchange-inbox-rules-loop"))
    return _submitted(headers) is not None and (has_inbox_rule or "vacation" in auto_submitted)


def _is_reply_of_program(headers: MailHeaders) -> bool:
    return (
        _submitted(headers) not in (None, "auto-generated")
        or _precedence(headers) == "auto_reply"
        or any(headers.written(name) for name in _SAYS_REPLY)
    )


def _kind_of_list(headers: MailHeaders) -> MailClass | None:
    """Tell a list that people write to from bulk mail; `NO` in List-Post: they do not."""
    precedence = _precedence(headers)
    if precedence in _BULK_PRECEDENCE:
        return "bulk"
    post = (headers.first("list-post") or "").strip().lower()
    if precedence == "list" or (post and not post.startswith(("no", "<no>"))):
        return "list"
    return "bulk" if any(headers.written(name) for name in _SAYS_BULK) else None


def _is_of_program(headers: MailHeaders) -> bool:
    return (
        _submitted(headers) is not None
        or _has_no_return(headers)
        or _is_of_mail_system(headers)
        or _wants_no_reply(headers)
        or bool(headers.written("x-loop"))
    )


def _is_of_mail_system(headers: MailHeaders) -> bool:
    return _MAIL_SYSTEM.match(_sender(headers)) is not None


def _has_no_return(headers: MailHeaders) -> bool:
    """Say whether what cannot be delivered of it is sent to nobody, as with what programs write."""
    return headers.first("return-path") == "<>"


def _wants_no_reply(headers: MailHeaders) -> bool:
    """Say whether nobody is to be answered: a form on a web page names its visitor in Reply-To."""
    sender = _sender(headers)
    answered = _address_in(headers, "reply-to") or sender
    return all(_NO_REPLY.match(address) is not None for address in (sender, answered))


def _submitted(headers: MailHeaders) -> str | None:
    """Return the word of Auto-Submitted, before any parameter or comment; `no` says nothing."""
    word = _WORD.match((headers.first("auto-submitted") or "").lower())
    return word[0] if word and word[0] != "no" else None


def _precedence(headers: MailHeaders) -> str:
    return (headers.first("precedence") or "").lower()


def _sender(headers: MailHeaders) -> str:
    return _address_in(headers, "from")


def _address_in(headers: MailHeaders, name: str) -> str:
    return parse_mailbox(next(iter(headers.written(name)), "")).address
