"""`python -m customer_profile`: serve, migrate or print the OpenAPI document."""

from guanxi.service import main

from customer_profile.app import SERVICE

main(SERVICE)
