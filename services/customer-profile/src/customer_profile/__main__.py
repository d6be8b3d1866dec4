"""`python -m customer_profile`: serve, migrate or print the OpenAPI document."""

from customer_profile.app import SERVICE
from guanxi.service import main

main(SERVICE)
