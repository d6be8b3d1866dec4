"""Alembic's entry; everything is in the shared library."""

from guanxi.db import run_migrations

run_migrations()
