"""`python -m complaints`: serve, migrate or print the OpenAPI document."""

from complaints.app import SERVICE
from guanxi.service import main

main(SERVICE)
