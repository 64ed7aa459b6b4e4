"""Tells customers' own systems what happens."""
