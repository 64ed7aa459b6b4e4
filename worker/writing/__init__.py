"""Writes what was read into tables, batch by batch."""
