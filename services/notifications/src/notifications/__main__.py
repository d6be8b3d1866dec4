"""`python -m notifications`: serve, migrate or print the OpenAPI document."""

from guanxi.launch import launch

launch("notifications")
