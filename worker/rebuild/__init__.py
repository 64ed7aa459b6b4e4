"""Derives everything again from the events and compares."""
