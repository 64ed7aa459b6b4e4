"""Whether an IP address is one of the Internet, and not of a machine or network of ours. Pure.

Source: https://www.iana.org/assignments/iana-ipv4-special-registry
Source: https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# What Python's is_global lets through, and yet nobody's server has.
_NOT_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_NOT_V6 = (IPv6Network("2002::/16"),)  # 6to4 holds an IPv4 address, which may be private
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: a network without IPv4 reaches it so


def is_public(text: str) -> bool:
    """Say whether it is public; what holds an IPv4 address is what that is."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    if address.ipv4_mapped is not None:
        return _is_public_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFF_FFFF))
    return _is_public_v6(address)


def _is_public_v4(address: IPv4Address) -> bool:
    is_special = address.is_multicast or any(address in network for network in _NOT_V4)
    return address.is_global and not is_special


def _is_public_v6(address: IPv6Address) -> bool:
    is_special = address.scope_id is not None or any(address in network for network in _NOT_V6)
    return address in _GLOBAL_V6 and address.is_global and not is_special
