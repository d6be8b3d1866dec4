"""`python -m scoring`: serve, migrate or print the OpenAPI document."""

from guanxi.service import main
from scoring.app import SERVICE

main(SERVICE)
