"""What a worker does beside the queue: jobs, chores, consumers of the outbox."""
