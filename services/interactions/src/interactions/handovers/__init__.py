"""A customer's way from one employee to the next, before the first one leaves."""
