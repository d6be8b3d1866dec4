"""Guanxi."""
