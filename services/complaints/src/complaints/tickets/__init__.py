"""The ticket: its whole state, what may become of it, and reading it."""
