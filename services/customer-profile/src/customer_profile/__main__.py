"""`python -m customer_profile`: serve, migrate or print the OpenAPI document."""

from guanxi.launch import launch

launch("customer_profile")
