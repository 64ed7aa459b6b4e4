"""Which consumers of the outbox a worker runs: all of them but for those that are switched off.

A further one is a line here, and a name in `domain/consumer.py`.
"""

from collections.abc import Callable, Mapping

from app.settings import Settings
from domain.consumer import ConsumerName
from domain.long_texts import LongTexts
from worker.background.consumers import Consumer
from worker.background.mail_cleaning import mail_consumer
from worker.background.rollups import rollup_consumer
from worker.background.search_index import search_consumer
from worker.hooks.queueing import hook_consumer

MAKERS: Mapping[ConsumerName, Callable[[LongTexts], Consumer]] = {
    "search": search_consumer,
    "mail": mail_consumer,
    "hooks": lambda _long_texts: hook_consumer(),
    "rollups": lambda _long_texts: rollup_consumer(),
}


def make_consumers(settings: Settings, long_texts: LongTexts) -> list[Consumer]:
    """Make the consumers that are on."""
    return [make(long_texts) for name, make in MAKERS.items() if settings.is_on(name)]
