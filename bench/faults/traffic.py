"""What the sender posts: SMS of some hundred people, one delivery in ten a repeated one."""

from collections.abc import Callable, Iterable

from app.clock import utc_now
from bench.messages import sms
from domain.channel import Channel

_PEOPLE = 500


def writer_of(channel: Channel, host: str, port: int) -> Callable[[int], bytes]:
    """Make the function that writes the request of a delivery."""
    sent_at = utc_now().isoformat()
    head = (
        f"POST /webhooks/{channel.provider}/{channel.token} HTTP/1.1\r\n"
        f"Host: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: "
    ).encode()

    def write(number: int) -> bytes:
        text = original_of(number)
        body = sms(message_id(number), text % _PEOPLE, text, sent_at)
        return b"%b%d\r\n\r\n%b" % (head, len(body), body)

    return write


def message_id(number: int) -> str:
    """Name the provider message of a delivery; a repeated one has an earlier name."""
    return f"{original_of(number):032d}"


def message_ids(numbers: Iterable[int]) -> set[str]:
    return {message_id(number) for number in numbers}


def original_of(number: int) -> int:
    """Say which delivery this one repeats; most repeat none."""
    return number - 5 if number % 10 == 9 else number
