"""Mails in MIME: their parts, what of them is text and what a file, what they report."""
