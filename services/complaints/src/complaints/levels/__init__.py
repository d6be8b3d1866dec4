"""The service level of a customer, learned from the segments."""
