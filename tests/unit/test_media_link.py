"""A link leads to one file for a day, and nobody makes one who does not have the key."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import pytest
from samples import NOW

from domain.media_link import MEDIA_LINKS_LAST, MediaPlace, media_url, read_media_token
from domain.sealing import Sealer

OLD, NEW = "a secret key of before", "a secret key of now"
PLACE = MediaPlace(customer_id=7, message_id="01a1fc9a-da3a-752f-a834-57c94498745e", position=2)


def _token(key: str = NEW) -> str:
    url = media_url("https://inlet.test", Sealer(key), PLACE, NOW)
    begin, _, token = url.rpartition("/")
    assert begin == "https://inlet.test/media"
    return token


def test_a_link_leads_to_its_file_while_it_is_good() -> None:
    sealer = Sealer(NEW)
    assert read_media_token(sealer, _token(), NOW) == PLACE
    last = NOW + MEDIA_LINKS_LAST
    assert read_media_token(sealer, _token(), last) == PLACE
    assert read_media_token(sealer, _token(), last + timedelta(seconds=1)) is None


def test_no_bit_of_it_can_be_changed() -> None:
    sealer, whole = Sealer(NEW), urlsafe_b64decode(_token())
    for place in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        token = urlsafe_b64encode(bytes(changed)).decode()
        assert read_media_token(sealer, token, NOW) is None


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 72, "é" * 72, "=" * 72, " " * 72, "../../etc/passwd", "\x00" * 72]
)
def test_what_was_not_made_here_leads_nowhere(token: str) -> None:
    assert len(_token()) == 72
    assert read_media_token(Sealer(NEW), token, NOW) is None


def test_another_key_makes_no_link_and_one_of_before_still_does() -> None:
    assert read_media_token(Sealer(NEW), _token("a key of somebody else"), NOW) is None
    assert read_media_token(Sealer(NEW, [OLD]), _token(OLD), NOW) == PLACE


def test_a_newer_key_of_another_process_is_looked_for() -> None:
    web = Sealer(OLD, (), lambda: (NEW, OLD))
    assert read_media_token(web, _token(NEW), NOW) == PLACE
