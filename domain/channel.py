"""A channel: one place where a customer receives. Knows neither its storage nor its traffic."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from domain.closing import CONTINUE, ClosedPolicy
from domain.sealing import SealedPlace

ChannelKind = Literal["sms", "email"]
SignatureMode = Literal["enforce", "report", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Provider, own addresses, secrets and policy of one webhook URL.

    `own_address` is the first of its own addresses, canonical like the others: what it writes from
    where nothing else is said. `customer_addresses` are those of all channels of the customer.
    `secrets` verify what the provider posts, newest first: several are accepted while one is being
    rotated. `credential` is what the provider asks of us, an API key or an auth token; `account`
    and `send_url` are the rest of how it sends. `region` is the ISO 3166 code that a phone number
    without country code belongs to. `closed_policy` says where a message for a closed conversation
    goes. A channel that is disabled takes no webhook and sends nothing. `reply_key` signs the reply
    addresses of what it sends; without one it has none.
    """

    customer_id: int
    id: str
    token: str
    kind: ChannelKind
    provider: str
    name: str
    own_address: str
    further_addresses: tuple[str, ...] = ()
    customer_addresses: frozenset[str] = field(default=frozenset(), compare=False)
    region: str
    signature_mode: SignatureMode
    secrets: tuple[str, ...] = ()
    credential: str | None = None
    account: str | None = None
    send_url: str | None = None
    sends_per_second: float = 10.0
    closed_policy: ClosedPolicy = CONTINUE
    reply_key: bytes | None = field(default=None, repr=False)
    disabled_at: datetime | None = None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None

    @property
    def secrets_place(self) -> SealedPlace:
        return SealedPlace(customer_id=self.customer_id, holder_id=self.id, column="secrets")

    @property
    def credential_place(self) -> SealedPlace:
        return SealedPlace(customer_id=self.customer_id, holder_id=self.id, column="credential")

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """The channel's own addresses, the first one first."""
        return self.own_address, *self.further_addresses

    def is_of_customer(self, value: str) -> bool:
        """Say whether a canonical address is an own address of the customer, on any channel."""
        return value in self.own_addresses or value in self.customer_addresses
