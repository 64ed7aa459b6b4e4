"""How often keys that nobody has may be tried, counted in the memory of each web process.

A try counts once its key turned out to be unknown, never before: after a restart many clients come
back at once, all with good keys. One that is refused here is not looked at and not counted: who
repeats a wrong key uses up its own beginning, not the address shared with others. Knows no key,
only how it begins, and no request.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil

from domain.errors import TooManyRequests

_WINDOW_SECONDS = 60.0
# A beginning at an address; an address with whatever beginnings; a beginning from everywhere.
_MOST_OF_BOTH, _MOST_OF_ADDRESS, _MOST_OF_PREFIX = 5, 30, 30
_PREFIX_LENGTH = 14  # "inlet_" and eight characters of 43
_REMEMBERED = 10_000
_IPV6_HOST_BITS = 64  # whoever has one address of IPv6 has that many

_Counted = tuple[str, str]


@dataclass(slots=True)
class _Window:
    ends_at: float
    failed: int = 0


class FailedKeys:
    """Counts tries. Behind a proxy every address is the proxy's: then addresses are not counted."""

    def __init__(self, *, counts_addresses: bool = True) -> None:
        self._counts_addresses = counts_addresses
        self._windows: OrderedDict[_Counted, _Window] = OrderedDict()

    def check(self, address: str, key: str, now: float) -> None:
        """Refuse a try where too many have failed already.

        Raises: TooManyRequests.
        """
        for counted, most in self._limits(address, key):
            window = self._windows.get(counted)
            if window is not None and window.failed >= most and now < window.ends_at:
                seconds_left = str(max(1, ceil(window.ends_at - now)))
                raise TooManyRequests(
                    "too many keys that are not known were tried", {"Retry-After": seconds_left}
                )

    def count(self, address: str, key: str, now: float) -> None:
        """Count a try that failed."""
        for counted, _ in self._limits(address, key):
            self._window(counted, now).failed += 1

    def _limits(self, address: str, key: str) -> list[tuple[_Counted, int]]:
        prefix = key[:_PREFIX_LENGTH]
        if not self._counts_addresses:
            return [(("", prefix), _MOST_OF_PREFIX)]
        network = _network_of(address)
        return [
            ((network, prefix), _MOST_OF_BOTH),
            ((network, ""), _MOST_OF_ADDRESS),
            (("", prefix), _MOST_OF_PREFIX),
        ]

    def _window(self, counted: _Counted, now: float) -> _Window:
        window = self._windows.get(counted)
        if window is None or window.ends_at <= now:
            window = self._windows[counted] = _Window(now + _WINDOW_SECONDS)
            self._windows.move_to_end(counted)
            if len(self._windows) > _REMEMBERED:
                self._windows.popitem(last=False)
        return window


def _network_of(address: str) -> str:
    """Return the address, or of IPv6 the network that its owner has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return f"{int(parsed) >> _IPV6_HOST_BITS:x}/64"
    return address
