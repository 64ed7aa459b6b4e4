"""What agents and integrators use: the API."""
