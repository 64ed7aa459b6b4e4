"""Somebody changed what a batch was about to write: the batch is tried again at once."""


class Overtaken(Exception):
    """What was looked up is no longer so."""
