"""The schema of this service's own tables; each resource declares its tables into it."""

from guanxi.db import new_metadata

metadata = new_metadata()
