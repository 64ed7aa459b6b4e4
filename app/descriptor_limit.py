"""How many connections a process may hold: as many as the system lets it have."""

import resource


def raise_descriptor_limit() -> int:
    """Raise the limit of open descriptors to what is allowed, and return it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
