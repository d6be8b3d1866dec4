"""Contacts over any channel."""
