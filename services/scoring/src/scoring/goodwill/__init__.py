"""What goodwill cost, and what came back after it."""
