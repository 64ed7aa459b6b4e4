"""Resend in the family of cases.

Source: https://resend.com/docs/webhooks/emails/received
"""

from family import Member

from providers import resend

_EMAIL = Member(
    provider=resend,
    kind="email",
    signature_headers=("svix-id", "svix-timestamp", "svix-signature"),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b"email.received",
    unknown_type=b"email.telegram",
    unknown_kind="receipt",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    is_mail=True,
    known_text=b"ann@",
)
MEMBERS = (_EMAIL,)
