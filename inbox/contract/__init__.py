"""The contract of the API, as files and as a page."""
