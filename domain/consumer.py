"""The consumers of the outbox, by the names of their cursors. Knows nothing of what they do."""

from collections.abc import Sequence
from typing import Literal, get_args

ConsumerName = Literal["search", "mail", "hooks", "rollups"]
CONSUMERS: Sequence[ConsumerName] = get_args(ConsumerName)
