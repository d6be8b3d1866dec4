"""Rehearsing changed rules: who would move, what they would lose, and what that comes to, before they hold."""
