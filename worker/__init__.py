"""Inbound events become messages and conversations."""
