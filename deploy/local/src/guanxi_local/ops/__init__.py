"""What an operator asks of the running services: how far they are, and what could not be applied."""
