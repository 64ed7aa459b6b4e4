"""Compares derived rows with what they are derived from, and mends them."""
