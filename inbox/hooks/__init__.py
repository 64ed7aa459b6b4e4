"""Outgoing webhooks: whoever administers them, and what they are told."""
