"""One timeline per customer."""
