"""SendGrid's Inbound Parse in the family of cases.

Source:
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

from family import Member

from providers import sendgrid

_EMAIL = Member(
    provider=sendgrid,
    kind="email",
    signature_headers=(
        "authorization",
        "x-twilio-email-event-webhook-signature",
        "x-twilio-email-event-webhook-timestamp",
    ),
    tells_time=True,
    notices_cut=True,
    nul=b"\0",
    known_type=b'name="from"',
    unknown_type=b'name="telegram"',
    unknown_kind="unsplit",
    lone_surrogate=b"\xed\xa0\x80",
    surrogate_reads="í\xa0€",
    signs_body=False,
    is_mail=True,
    has_id=False,
)
MEMBERS = (_EMAIL,)
