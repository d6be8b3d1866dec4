"""The follow-up sheet of a customer."""
