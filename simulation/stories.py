"""The cast of the demo: people who each have something going on with a shop for furniture.

Pure: the same random numbers give the same lines. Names, numbers and domains are set aside for
fiction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from domain.body_format import guess_format
from domain.channel import Channel, ChannelKind
from domain.message import Attachment, InboundMessage, Recipient, ThreadHeaders
from simulation.people import Person
from simulation.pictures import ELSEWHERE
from simulation.traffic import ChannelMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What one person writes, line by line; with a subject by e-mail, else by text.

    The first line of a text `has_picture`, perhaps.
    """

    person: Person
    lines: tuple[str, ...]
    subject: str | None = None
    has_picture: bool = False


def _by_text(name: str, phone: str, *lines: str, has_picture: bool = False) -> Story:
    person = Person(name=name, phone=phone, email="")
    return Story(person=person, lines=lines, has_picture=has_picture)


def _by_mail(name: str, email: str, subject: str, *lines: str) -> Story:
    return Story(person=Person(name=name, phone="", email=email), lines=lines, subject=subject)


_INVOICE = """<html><body style="font-family: Georgia, serif; color: #222">
<p>Good morning,</p>
<p>our bookkeeping cannot match <b>invoice 20418</b>. This is what we have:</p>
<table border="1" cellpadding="6" style="border-collapse: collapse">
<tr><th align="left">Item</th><th align="right">Pieces</th><th align="right">Price</th></tr>
<tr><td>Desk lamp, brass</td><td align="right">4</td><td align="right">€ 316.00</td></tr>
<tr><td>Shelf, oak, 120 cm</td><td align="right">2</td><td align="right">€ 498.00</td></tr>
</table>
<p>Could you send a corrected one?</p>
<p>Kind regards<br><b>Ines Fischer</b><br>Fischer &amp; Costa Architects</p>
<p><img src="https://images.example.com/logo.png" alt="Fischer &amp; Costa" width="160"></p>
</body></html>"""
_PHOTO = """<html><body><p>Hi,</p>
<p>the armchair came today, thank you! One leg wobbles, though:</p>
<p><img src="https://images.example.com/armchair-leg.jpg" alt="The front left leg" width="320"></p>
<p>Is there a <a href="https://shop.example.com/spare-parts">spare part</a> that I can fit myself?
</p><p>Best<br>Grace</p></body></html>"""

STORIES = (
    _by_text("Ana Costa", "+14155550121",
        "Hi! Order 48213 was to arrive today. Is it still coming?",
        "The tracking page says the van is in Oakland, but that was at 9 this morning",
        "I have to pick up my son at 4, could they leave it with the neighbour at 212?"),
    _by_text("Ben Adeyemi", "+12125550134",
        "Do you still have the walnut coffee table in stock?",
        "The 90 cm one. I could come by on Saturday"),
    _by_text("Chiara Rossi", "+447700900117",
        "Buongiorno, when are you open over Easter?",
        "And can I park in front of the shop? I would collect two chairs"),
    _by_text("Dmitri Novák", "+13125550146",
        "I was charged twice for order 47960",
        "Two times 189.00, both on the 3rd. Card ends in 4411",
        "Thanks, I can see one of them gone now"),
    _by_text("Elif Yilmaz", "+16175550158",
        "Could I move my delivery from Thursday to Friday morning?",
        "Before 11 would be perfect 🙏"),
    _by_text("Farid Haddad", "+15035550163",
        "Your driver was very kind yesterday, please tell him thank you!",
        "The sofa fits as if it was made for the room 😊"),
    _by_text("Hiro Tanaka", "+12065550171",
        "The assembly guide for the shelf misses page 3",
        "Got it, that was quick. Which screws are the M6 ones?"),
    _by_text("Wanjiru Kim", "+14045550182",
        "Is the blue of the armchair more like navy or more like petrol?",
        "Could you send me a sample of the fabric?", has_picture=True),
    _by_mail("Ines Fischer", "ines.fischer@example.com", "Invoice 20418 does not add up",
        _INVOICE,
        "Hello again,\n\njust to add: the lamps were 4, not 5, on the delivery note as well.\n\n"
        "Kind regards\nInes Fischer\n"),
    _by_mail("Grace O'Brien", "grace.obrien@example.net", "Armchair with a wobbly leg",
        _PHOTO,
        "Hi,\n\nI tightened the screw and it is better, but not quite right yet.\n\nGrace\n"),
    _by_mail("Jonas Bauer", "jonas.bauer@example.org", "Lieferung in den vierten Stock",
        "Guten Tag,\n\nliefern Sie den Schrank auch in den vierten Stock ohne Aufzug? Was würde "
        "das kosten?\n\nMit freundlichen Grüßen\nJonas Bauer\n",
        "Guten Tag,\n\ndas Treppenhaus ist 95 cm breit, falls das hilft.\n\nJonas Bauer\n"),
    _by_mail("Priya Singh", "priya.singh@example.com", "Return of order 47733",
        "Hello,\n\nI would like to send back the desk lamp from order 47733. It is unused and in "
        "its box. How do I get a label?\n\nBest wishes\nPriya Singh\n",
        "Hello,\n\nthe parcel is on its way, number 3SABC1234567. When can I expect the refund?\n\n"
        "Priya\n"),
    _by_mail("Mateo García", "mateo.garcia@example.net", "Presupuesto para una oficina",
        "Buenos días:\n\nNecesitamos ocho escritorios y ocho sillas para una oficina nueva en "
        "junio. ¿Nos pueden hacer un presupuesto?\n\nUn saludo,\nMateo García\n",
        "Buenos días:\n\nSerían los escritorios de 140 cm, en roble.\n\nMateo\n"),
    _by_mail("Lena Eriksen", "lena.eriksen@example.org", "Opening hours on Whit Monday",
        "Hi,\n\nare you open on Whit Monday? We are in town that weekend only.\n\nLena\n"),
)  # fmt: skip


class Storyteller:
    """Lets the cast write, one line at a time; who is done begins anew after everybody else."""

    def __init__(self, channels: Sequence[Channel], prefix: str, rng: Random) -> None:
        by_kind = {channel.kind: channel for channel in channels}
        self._channels = by_kind
        self._prefix = prefix
        self._rng = rng
        self._stories = [story for story in STORIES if _kind_of(story) in by_kind]
        self._open: list[tuple[Story, int, tuple[str, ...]]] = []
        self._number = 0

    def next(self, sent_at: datetime) -> ChannelMessage:
        """Write the next line of somebody, as of a time."""
        if not self._open:
            shuffled = self._rng.sample(self._stories, k=len(self._stories))
            self._open = [(story, 0, ()) for story in shuffled]
        nth = self._rng.randrange(min(4, len(self._open)))
        story, line, earlier = self._open.pop(nth)
        self._number += 1
        identity = f"{self._prefix}-{self._number:05d}"
        message_id = f"{identity}@mail.example.com"
        if line + 1 < len(story.lines):
            self._open.append((story, line + 1, (*earlier, message_id)))
        channel = self._channels[_kind_of(story)]
        write = _mail if story.subject else _text
        message = write(story, story.lines[line], channel, identity, sent_at, earlier)
        return ChannelMessage(channel=channel, message=message)


def _kind_of(story: Story) -> ChannelKind:
    return "email" if story.subject else "sms"


def _text(
    story: Story, line: str, channel: Channel, identity: str, sent_at: datetime, _: tuple[str, ...]
) -> InboundMessage:
    has_picture = story.has_picture and line == story.lines[0]
    return InboundMessage(
        kind="mms" if has_picture else "sms",
        provider_message_id=identity,
        sender=story.person.phone,
        recipients=(Recipient(role="to", address=channel.own_address),),
        body=line,
        attachments=(Attachment(url=f"{ELSEWHERE}/{identity}"),) if has_picture else (),
        sent_at=sent_at,
    )


def _mail(
    story: Story,
    line: str,
    channel: Channel,
    identity: str,
    sent_at: datetime,
    earlier: tuple[str, ...],
) -> InboundMessage:
    return InboundMessage(
        kind="email",
        provider_message_id=identity,
        sender=f'"{story.person.name}" <{story.person.email}>',
        recipients=(Recipient(role="to", address=channel.own_address),),
        body=line,
        body_format=guess_format(line),
        subject=f"Re: {story.subject}" if earlier else story.subject,
        sent_at=sent_at,
        thread=ThreadHeaders(
            message_id=f"{identity}@mail.example.com",
            in_reply_to=earlier[-1:],
            references=earlier,
        ),
    )
