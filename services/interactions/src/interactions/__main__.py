"""`python -m interactions`: serve, migrate or print the OpenAPI document."""

from guanxi.service import main
from interactions.app import SERVICE

main(SERVICE)
