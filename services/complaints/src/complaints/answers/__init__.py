"""What is said back to the customer, what they say, and how it ends or begins again."""
