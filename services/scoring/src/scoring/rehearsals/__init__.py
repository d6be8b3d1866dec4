"""Rehearsing a changed scorecard: who would move, what they would lose, and what that comes to, before it holds."""
