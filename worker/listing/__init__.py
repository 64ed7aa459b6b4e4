"""Asks providers what came in, and keeps what their webhooks did not bring."""
