"""`python -m scoring`: serve, migrate or print the OpenAPI document."""

from guanxi.launch import launch

launch("scoring")
