"""Plays what providers answer who asks them for the messages that came in."""
