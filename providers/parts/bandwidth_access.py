"""The access tokens that Bandwidth takes, for the id and the secret of a client, and for what.

Source: https://dev.bandwidth.com/docs/account/credentials/migration
Source: https://dev.bandwidth.com/docs/messaging/media
"""

import re
from typing import Final

from domain.channel import Channel
from domain.form import form_request
from domain.media_provider import MediaCredential
from domain.outbound import SendRequest

MEDIA_HOSTS: Final = re.compile(r"messaging\.bandwidth\.com")

_TOKEN_URL = "https://api.bandwidth.com/api/v1/oauth2/token"  # noqa: S105  # where one is had


def client_of(channel: Channel) -> tuple[str, str]:
    """Read the id and the secret that the channel's credential is."""
    identity, _, secret = (channel.credential or "").strip().partition(":")
    return identity, secret


def token_request(channel: Channel) -> SendRequest:
    """Write the request that has a token."""
    fields = [("grant_type", "client_credentials")]
    return form_request(_TOKEN_URL, fields, *client_of(channel))


def media_credential(channel: Channel) -> MediaCredential | None:
    """Show a token, as who sends; Bandwidth keeps media for two days."""
    if not channel.credential:
        return None
    return MediaCredential(headers={}, token_request=token_request(channel))
