"""What the facts mean: a value, its band and the reasons, for the customer as a whole and for any day."""
