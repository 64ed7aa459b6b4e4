"""Sends outbound messages to their providers."""
