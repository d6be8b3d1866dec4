"""What many complain of: suspected by count, recognised by a person, answered by one uniform solution."""
