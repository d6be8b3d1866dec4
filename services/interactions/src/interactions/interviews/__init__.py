"""Interviews of key customers, each along a version of a guide."""
