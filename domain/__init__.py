"""Nouns and rules of Inlet. Pure Python: no I/O, no clock, no environment."""
