"""Conversations and their messages: reading, changing, and the list and thread of the page."""
