"""MessageBird in the family of cases.

Source: https://developers.messagebird.com/api/sms-messaging/ (receiving)
"""

from family import Member

from providers import messagebird

_SMS = Member(
    provider=messagebird,
    kind="sms",
    signature_headers=("messagebird-signature-jwt",),
    tells_time=True,
    notices_cut=False,
    names_types=False,
    nul=b"%00",
    known_type=b"mms=false",
    unknown_type=b"status=telegram",
    unknown_kind="receipt",
    lone_surrogate=b"%ED%A0%80",
    surrogate_reads="\N{REPLACEMENT CHARACTER}" * 3,
)
MEMBERS = (_SMS,)
