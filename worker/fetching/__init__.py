"""Fetches what providers keep of their events."""
