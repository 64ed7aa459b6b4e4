"""Reads events: what the provider says, normalised, in a process apart."""
