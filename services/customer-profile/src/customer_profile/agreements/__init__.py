"""Agreements with customers: sales, service and strategic ones, with clauses of their own."""
