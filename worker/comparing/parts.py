"""The parts of the derived rows, in the order in which they are compared.

What is mended in one is what the next is derived from. A further part is a line here, and a name in
`store/derived_rows.py`.
"""

from collections.abc import Sequence

from worker.comparing.conversations import CONVERSATIONS
from worker.comparing.documents import SEARCH_DOCUMENTS
from worker.comparing.events import INBOUND_EVENTS
from worker.comparing.figures import CONVERSATION_FIGURES, DAYS_OF_ROLLUPS
from worker.comparing.messages import MESSAGES
from worker.comparing.part import Part
from worker.comparing.receipts import MESSAGE_RECEIPTS
from worker.comparing.values import ADDRESSES, BODIES, CLEAN_BODIES

ALL_PARTS: Sequence[Part] = (
    INBOUND_EVENTS,
    ADDRESSES,
    BODIES,
    MESSAGES,
    MESSAGE_RECEIPTS,
    CONVERSATIONS,
    CLEAN_BODIES,
    SEARCH_DOCUMENTS,
    CONVERSATION_FIGURES,
    DAYS_OF_ROLLUPS,
)
