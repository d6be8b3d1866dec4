"""The quality review: a running cycle of eight steps, each done on evidence and in its turn."""
