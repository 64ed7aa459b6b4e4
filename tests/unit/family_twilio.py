"""Twilio in the family of cases.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from family import Member

from providers import twilio

_SMS = Member(
    provider=twilio,
    kind="sms",
    signature_headers=("x-twilio-signature", "x-twilio-webhooks-signature-settings"),
    tells_time=False,
    notices_cut=False,
    nul=b"%00",
    known_type=b"SmsStatus=received",
    unknown_type=b"SmsStatus=telegram",
    unknown_kind="receipt",
    lone_surrogate=b"%ED%A0%80",
    surrogate_reads="\N{REPLACEMENT CHARACTER}" * 3,
)
MEMBERS = (_SMS,)
