"""Makes realistic traffic and plays the providers that post it."""
