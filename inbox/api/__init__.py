"""The HTTP side of the inbox: one file per topic."""
