"""What happens, as it happens: the feed, the stream, and who is there."""
