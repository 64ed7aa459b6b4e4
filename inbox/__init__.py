"""What agents, operators and integrators use: the API and the pages, a folder for each resource."""
