"""Orders, deliveries, returns, payments and service on the product."""
