"""The published complaint policy and the ways to complain."""
