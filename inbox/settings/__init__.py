"""Agents, keys, channels and tags of a customer."""
