"""Opinions and mentions, kept as they come."""
