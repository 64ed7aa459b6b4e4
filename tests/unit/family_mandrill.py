"""Mandrill in the family of cases.

Source: https://mandrill.zendesk.com/hc/en-us/articles/360039234813
"""

from family import Member

from providers import mandrill

_EMAIL = Member(
    provider=mandrill,
    kind="email",
    signature_headers=("x-mandrill-signature",),
    tells_time=True,
    notices_cut=True,
    nul=b"%5Cu0000",
    known_type=b"%22inbound%22",
    unknown_type=b"%22telegram%22",
    unknown_kind="unreadable",
    lone_surrogate=b"%5Cud800",
    surrogate_reads="",
    is_mail=True,
    has_id=False,
    names_images=False,
)
MEMBERS = (_EMAIL,)
