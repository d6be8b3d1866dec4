"""What we promised, by when, and what came of it."""
