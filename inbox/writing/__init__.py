"""What agents write: replies, new messages, notes, canned replies."""
