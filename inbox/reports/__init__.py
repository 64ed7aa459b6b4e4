"""Figures for whoever leads: what came and went, how long people waited, what is to do."""
