"""The protocol of a provider whose media are shown its credential before they are given. Pure.

Media of everybody else are fetched without any. A module in `providers/` with these names is one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.channel import Channel
from domain.outbound import SendRequest

# For so long two providers keep media, and nobody whose page says it keeps them shorter:
# https://dev.bandwidth.com/docs/messaging/media
# https://developer.vonage.com/messages/concepts/secure-inbound-media
TRIED_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaCredential:
    """What a GET of media has in its headers; `token_request` has the token had that goes with it.

    Source: RFC 6749 section 4.4
    """

    headers: Mapping[str, str]
    token_request: SendRequest | None = None


class MediaProvider(Protocol):
    """A provider that gives media to those alone who show the channel's credential."""

    @property
    def NAME(self) -> str: ...

    @property
    def MEDIA_HOSTS(self) -> re.Pattern[str]:
        """The hosts, in lower case, that see the credential; all of a name must match."""
        ...

    def media_credential(self, channel: Channel) -> MediaCredential | None:
        """Write the credential of a channel; None where it has none. Never raises."""
        ...
