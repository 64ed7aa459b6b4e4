"""What the family of provider cases must know of a provider: how its bytes carry what they need.

Each provider says so in `family_NAME.py`, one member for each kind of channel it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from domain.channel import ChannelKind
from domain.provider import Provider
from providers import REGISTRY


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One provider on one kind of channel.

    `signature_headers` are those that sign a delivery. `tells_time` says that a delivery has the
    time its message was sent at, `notices_cut` that a cut body holds no event at all, `signs_body`
    that the signature covers it. Of what is a `mail` the class is told, and it has what header
    lines can hold, whole seconds, and files as bytes. What has no id is known by what it says.
    `has_files` says that a delivery can hold several files, `names_images` that it has their
    content ids, `names_types` their types. Who keeps what a mail says has another `known_text` in
    its deliveries. A mail that comes `is_whole` has lines, with nothing at their ends that programs
    leave out. A channel may need an `account`, and its `credential` be of some form.
    """

    provider: Provider
    kind: ChannelKind
    signature_headers: tuple[str, ...]
    tells_time: bool
    notices_cut: bool
    nul: bytes
    known_type: bytes
    unknown_type: bytes
    unknown_kind: str
    lone_surrogate: bytes
    surrogate_reads: str
    signs_body: bool = True
    is_mail: bool = False
    has_id: bool = True
    has_files: bool = True
    names_images: bool = True
    names_types: bool = True
    known_text: bytes = b"Hello"
    is_whole: bool = False
    account: str | None = None
    credential: str = "a key"


def members() -> dict[str, Member]:
    """List every provider of the registry on every kind of its channels, by what they are."""
    return {f"{name}-{member.kind}": member for name in REGISTRY for member in _members_of(name)}


def _members_of(name: str) -> Sequence[Member]:
    return import_module(f"family_{name}").MEMBERS
