"""One provider, one file: pure functions over bytes, as domain/provider.py asks."""
