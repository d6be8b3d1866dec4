"""`python -m complaints`: serve, migrate or print the OpenAPI document."""

from guanxi.launch import launch

launch("complaints")
