"""`python -m interactions`: serve, migrate or print the OpenAPI document."""

from guanxi.launch import launch

launch("interactions")
