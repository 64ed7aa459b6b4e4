"""The webhook side: an HTTP request becomes inbound events, committed, then an answer."""
