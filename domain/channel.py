"""A channel: one place where a customer receives. Knows neither its storage nor its traffic."""

from dataclasses import dataclass
from typing import Literal

from domain.closing import CONTINUE, ClosedPolicy

ChannelKind = Literal["sms", "email"]
SignatureMode = Literal["enforce", "report", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Provider, own address, secrets and policy of one webhook URL.

    `secrets` verify what the provider posts, newest first: several are accepted while one is being
    rotated. `credential` is what the provider asks of us, an API key or an auth token; `account`
    and `send_url` are the rest of how it sends. `region` is the ISO 3166 code that a phone number
    without country code belongs to. `closed_policy` says where a message for a closed conversation
    goes.
    """

    customer_id: int
    id: str
    token: str
    kind: ChannelKind
    provider: str
    name: str
    own_address: str
    region: str
    signature_mode: SignatureMode
    secrets: tuple[str, ...] = ()
    credential: str | None = None
    account: str | None = None
    send_url: str | None = None
    sends_per_second: float = 10.0
    closed_policy: ClosedPolicy = CONTINUE
