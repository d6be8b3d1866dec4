"""`python -m complaints`: serve, migrate or print the OpenAPI document."""

from guanxi.service import main

from complaints.app import SERVICE

main(SERVICE)
