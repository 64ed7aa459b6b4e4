"""What each mail provider posts of a hard bounce, a soft one and a complaint, all about one person.

Sources: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event,
https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-types,
https://postmarkapp.com/developer/webhooks/bounce-webhook (and spam-complaint-webhook),
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html,
https://resend.com/docs/webhooks/emails/bounced,
https://developers.brevo.com/docs/transactional-webhooks,
https://mandrill.zendesk.com/hc/en-us/articles/205583307-Message-Event-Webhook-Format.
The one for senders of one's own is in providers/generic.py.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from app.clock import utc_now
from simulation.sns import notification

WHO = "ann@example.org"
# 2024-11-01T13:59:54Z, as each of them writes it.
_SECONDS = 1730469594
_WRITTEN = "2024-11-01T13:59:54.000Z"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Fields = dict[str, Any]


def sendgrid(event: Fields) -> tuple[bytes, str]:
    told = {"email": WHO, "timestamp": _SECONDS, "sg_event_id": "e1", "sg_message_id": "m1.filter"}
    return msgspec.json.encode([told | event]), JSON


def mailgun(event: Fields) -> tuple[bytes, str]:
    headers = {"message-id": "m1@example.com"}
    told = {"recipient": WHO, "timestamp": _SECONDS, "message": {"headers": headers}}
    signature = {"timestamp": str(_SECONDS), "token": f"{event['event']:x<50}", "signature": "0"}
    return msgspec.json.encode({"signature": signature, "event-data": told | event}), JSON


def postmark(record: Fields) -> tuple[bytes, str]:
    told = {"MessageID": "m1", "Email": WHO, "BouncedAt": _WRITTEN, "ID": 42, "Inactive": False}
    return msgspec.json.encode(told | record), JSON


def ses(event: Fields) -> tuple[bytes, str]:
    mail = {"messageId": "m1", "timestamp": _WRITTEN, "destination": [WHO]}
    return notification({"mail": mail} | event, utc_now()), "text/plain; charset=UTF-8"


def resend(event: Fields) -> tuple[bytes, str]:
    data = {"email_id": "m1", "created_at": _WRITTEN, "from": "help@example.com", "to": [WHO]}
    told = event | {"created_at": _WRITTEN, "data": data | event.get("data", {})}
    return msgspec.json.encode(told), JSON


def brevo(event: Fields) -> tuple[bytes, str]:
    told = {"email": WHO, "message-id": "<m1@relay>", "ts_epoch": _SECONDS * 1000, "id": 7}
    return msgspec.json.encode(told | event), JSON


def mandrill(event: Fields) -> tuple[bytes, str]:
    told = {"ts": _SECONDS, "_id": "m1", "msg": {"_id": "m1", "email": WHO}} | event
    return urlencode({"mandrill_events": msgspec.json.encode([told])}).encode(), FORM


def generic(receipt: Fields) -> tuple[bytes, str]:
    told = {"type": "receipt", "provider_message_id": "m1", "recipient": WHO, "timestamp": _WRITTEN}
    return msgspec.json.encode(told | receipt), JSON


def _ses_bounce(kind: str, subtype: str, *people: str) -> Fields:
    told = {"bounceType": kind, "bounceSubType": subtype, "timestamp": _WRITTEN}
    named = [{"emailAddress": person} for person in people or (WHO,)]
    return {"eventType": "Bounce", "bounce": told | {"bouncedRecipients": named}}


def _ses_complaint(*people: str, **more: str) -> Fields:
    told = {"complainedRecipients": [{"emailAddress": person} for person in people]}
    return {"eventType": "Complaint", "complaint": told | {"timestamp": _WRITTEN} | more}


def _mandrill_bounce(word: str) -> Fields:
    message = {"_id": "m1", "email": WHO, "state": "bounced", "bounce_description": "bad_mailbox"}
    return {"event": word, "msg": message}


def _permanent(reason: str, **status: str) -> Fields:
    failed = {"event": "failed", "severity": "permanent", "reason": reason}
    return failed | {"delivery-status": {"code": 550} | status}


WRITERS: Mapping[str, Callable[[Fields], tuple[bytes, str]]] = {
    "sendgrid": sendgrid, "mailgun": mailgun, "postmark": postmark, "ses": ses, "resend": resend,
    "brevo": brevo, "mandrill": mandrill, "generic": generic,
}  # fmt: skip

HARD: list[tuple[str, Fields]] = [
    ("sendgrid", {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 gone"}),
    ("sendgrid", {"event": "dropped", "reason": "Bounced Address"}),
    ("sendgrid", {"event": "dropped", "reason": "Invalid"}),
    ("mailgun", _permanent("bounce", **{"bounce-type": "hard"})),
    ("mailgun", _permanent("suppress-bounce")),
    ("postmark", {"RecordType": "Bounce", "Type": "HardBounce", "Inactive": True}),
    ("postmark", {"RecordType": "Bounce", "Type": "BadEmailAddress"}),
    ("postmark", {"RecordType": "Bounce", "Type": "Blocked", "Inactive": True}),
    ("ses", _ses_bounce("Permanent", "General")),
    ("ses", _ses_bounce("Permanent", "OnAccountSuppressionList")),
    ("resend", {"type": "email.bounced",
        "data": {"bounce": {"type": "Permanent", "subType": "General"}}}),
    ("brevo", {"event": "hard_bounce", "reason": "550 5.1.1"}),
    ("mandrill", _mandrill_bounce("hard_bounce")),
    ("generic", {"status": "bounced", "is_permanent": True}),
    ("generic", {"status": "failed", "is_permanent": True}),
]  # fmt: skip

COMPLAINTS: list[tuple[str, Fields]] = [
    ("sendgrid", {"event": "spamreport"}),
    ("mailgun", {"event": "complained"}),
    ("postmark", {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "Inactive": True}),
    ("ses", _ses_complaint(WHO, complaintFeedbackType="abuse")),
    ("resend", {"type": "email.complained"}),
    ("brevo", {"event": "spam"}),
    ("mandrill", {"event": "spam"}),
    ("generic", {"status": "complained"}),
]

# What passes, or is of the mail, or is not said for sure of whom.
NOT_SUPPRESSING: list[tuple[str, Fields]] = [
    ("sendgrid", {"event": "bounce", "type": "blocked", "reason": "421 busy"}),
    ("sendgrid", {"event": "bounce", "reason": "550 gone"}),
    ("sendgrid", {"event": "bounce", "type": ["bounce"]}),
    ("sendgrid", {"event": "dropped", "reason": "Unsubscribed Address"}),
    ("sendgrid", {"event": "dropped", "reason": "Spam Content"}),
    ("sendgrid", {"event": "deferred"}),
    ("sendgrid", {"event": "bounce", "type": "bounce", "email": 7}),
    ("mailgun", {"event": "failed", "severity": "temporary", "reason": "generic"}),
    ("mailgun", _permanent("old")),
    ("mailgun", _permanent("suppress-unsubscribe")),
    ("mailgun", _permanent("bounce", **{"bounce-type": "soft"})),
    ("mailgun", _permanent("bounce") | {"reason": ["bounce"]}),
    ("mailgun", {"event": "rejected", "reason": "bounce"}),
    ("postmark", {"RecordType": "Bounce", "Type": "SoftBounce"}),
    ("postmark", {"RecordType": "Bounce", "Type": "Transient", "Inactive": True}),
    ("postmark", {"RecordType": "Bounce", "Type": "Blocked", "Inactive": "true"}),
    ("postmark", {"RecordType": "SubscriptionChange", "Recipient": WHO, "SuppressSending": True}),
    ("ses", _ses_bounce("Transient", "MailboxFull")),
    ("ses", _ses_bounce("Undetermined", "Undetermined")),
    ("ses", _ses_bounce("Permanent", "UnsubscribedRecipient")),
    ("ses", _ses_complaint(WHO, "ben@example.org")),
    ("ses", _ses_complaint(WHO, "ben@example.org", "cat@example.org")),
    ("ses", _ses_complaint(WHO, complaintFeedbackType="not-spam")),
    ("ses", _ses_complaint(WHO, complaintSubType="OnAccountSuppressionList")),
    ("resend", {"type": "email.bounced", "data": {"bounce": {"type": "Transient"}}}),
    ("resend", {"type": "email.bounced",
        "data": {"bounce": {"type": "Permanent"}, "to": [WHO, "ben@example.org"]}}),
    ("resend", {"type": "email.bounced",
        "data": {"bounce": {"type": "Permanent"}, "cc": ["ben@example.org"]}}),
    ("resend", {"type": "email.complained", "data": {"bcc": ["ben@example.org"]}}),
    ("resend", {"type": "email.suppressed"}),
    ("brevo", {"event": "soft_bounce"}),
    ("brevo", {"event": "blocked"}),
    ("brevo", {"event": "invalid_email"}),
    ("brevo", {"event": "unsubscribed"}),
    ("mandrill", _mandrill_bounce("soft_bounce")),
    ("mandrill", {"event": "reject"}),
    ("mandrill", {"event": "unsub"}),
    ("generic", {"status": "bounced"}),
    ("generic", {"status": "bounced", "is_permanent": "yes"}),
    ("generic", {"status": "bounced", "is_permanent": True, "recipient": ""}),
    ("generic", {"status": "delivered", "is_permanent": True}),
]  # fmt: skip
