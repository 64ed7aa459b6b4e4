"""The protocol of a provider whose texts can have files, which it fetches from links. Pure."""

from typing import Protocol


class MediaSender(Protocol):
    """A provider that sends MMS. A module in `providers/` with these names is one."""

    @property
    def NAME(self) -> str: ...

    @property
    def MOST_MEDIA(self) -> int:
        """How many files a text may have."""
        ...

    @property
    def MOST_MEDIA_BYTES(self) -> int:
        """How many bytes they may have together."""
        ...
