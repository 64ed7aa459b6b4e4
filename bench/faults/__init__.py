"""What breaks on purpose: each file is one way, and counts what was lost and what was doubled."""
