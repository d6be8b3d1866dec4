"""The schema of this service's own tables; each resource declares its tables into it."""

import sqlalchemy as sa

from guanxi.db import new_metadata

metadata = new_metadata()
MERGED = sa.text("cardinality(members) > 1")
"""Rows of a customer who is more than one record."""
