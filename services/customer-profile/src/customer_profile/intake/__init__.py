"""Intake: a report from outside is checked, resolved to a customer and passed on, or refused at its sender's desk."""
