"""`python -m notifications`: serve, migrate or print the OpenAPI document."""

from guanxi.service import main
from notifications.app import SERVICE

main(SERVICE)
