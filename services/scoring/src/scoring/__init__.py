"""What it means: value, trust, tiers, segments."""
