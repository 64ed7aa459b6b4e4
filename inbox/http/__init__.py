"""The transport of the API: requests, parameters, cursors, limits, answers. Knows no resource."""
