"""Possible duplicates at a terminal: what waits, why, a decision, and weights of the site's own."""
