"""Employees who leave: no ticket stays with somebody who is not there."""
