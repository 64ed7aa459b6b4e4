"""The people behind the addresses."""
