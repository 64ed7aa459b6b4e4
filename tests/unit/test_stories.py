"""The demo's cast: believable, repeatable, and each mail in its thread."""

from random import Random

from samples import NOW, channel

from domain.address import canonicalise
from simulation.stories import STORIES, Storyteller

CHANNELS = [channel("generic", "sms"), channel("generic", "email")]


def _written(seed: int, count: int) -> list[tuple[str, str, str]]:
    storyteller = Storyteller(CHANNELS, "demo", Random(seed))  # noqa: S311
    told = [storyteller.next(NOW).message for _ in range(count)]
    return [(message.provider_message_id, message.sender, message.body) for message in told]


def test_the_same_seed_tells_the_same_stories() -> None:
    assert _written(1, 60) == _written(1, 60)
    assert len({identity for identity, _, _ in _written(1, 60)}) == 60


def test_everybody_says_every_line_in_order() -> None:
    lines = sum(len(story.lines) for story in STORIES)
    lines_of: dict[str, list[str]] = {}
    for _, sender, body in _written(2, lines):
        lines_of.setdefault(sender, []).append(body)
    assert sorted(map(tuple, lines_of.values())) == sorted(story.lines for story in STORIES)


def test_a_mail_refers_to_those_before_it() -> None:
    storyteller = Storyteller(CHANNELS[1:], "demo", Random(3))  # noqa: S311
    told = [storyteller.next(NOW).message for _ in range(11)]
    threads: dict[str, list[str]] = {}
    for message in told:
        assert message.thread is not None
        assert list(message.thread.references) == threads.get(message.sender, [])
        threads.setdefault(message.sender, []).append(message.thread.message_id or "")


def test_every_number_is_one() -> None:
    for story in STORIES:
        if story.person.phone:
            assert canonicalise(story.person.phone, "sms", "US").is_validated
