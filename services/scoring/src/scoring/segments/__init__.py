"""Who belongs together: tiers by what the relationship is worth, key customers, and what each is recommended."""
