"""Bird's Channels API in the family of cases.

Source: https://docs.bird.com/api/channels-api/supported-channels/programmable-sms/receiving-messages
"""

from family import Member

from providers import bird

_SMS = Member(
    provider=bird,
    kind="sms",
    signature_headers=("messagebird-signature", "messagebird-request-timestamp"),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"type":"text"',
    unknown_type=b'"type":"telegram"',
    unknown_kind="unreadable",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    has_files=False,
)
MEMBERS = (_SMS,)
