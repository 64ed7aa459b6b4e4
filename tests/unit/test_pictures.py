"""What the played provider keeps is pictures, and those are where a message says."""

import zlib
from dataclasses import replace

from flows import an_sms

from domain.file_type import image_type
from domain.message import Attachment
from simulation.pictures import ELSEWHERE, picture, with_pictures


def test_each_name_is_a_picture_of_its_own() -> None:
    one, other = picture("one.png"), picture("other.png")
    assert image_type(one) == "image/png"
    assert picture("one.png") == one != other
    begin = one.index(b"IDAT") + 4
    assert len(zlib.decompress(one[begin:-16])) == 240 * (1 + 3 * 320)


def test_what_is_nowhere_is_at_the_provider_and_all_else_stays() -> None:
    theirs = Attachment(url="https://cdn.example.org/a.png")
    message = replace(an_sms("m1"), attachments=(Attachment(url=f"{ELSEWHERE}/m-1"), theirs))
    here, left = with_pictures(message, "http://127.0.0.1:9000").attachments
    assert here == Attachment(url="http://127.0.0.1:9000/media/m-1.png", content_type="image/png")
    assert left == theirs
