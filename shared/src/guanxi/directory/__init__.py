"""Who the customers, units and employees are, in every service; the only place that knows of merges."""

from guanxi.directory._handlers import CONSUMER, newest
from guanxi.directory._models import DirectoryCustomer, Employee, Unit
from guanxi.directory._require import require, share_lock, surely_missing
from guanxi.directory._store import (
    canonical_ids,
    customer,
    customers,
    employee,
    employee_of_subject,
    employees,
    families,
    lineage,
    members,
    share_locked_many,
    unit,
    units,
    watermark,
)

__all__ = [
    "CONSUMER",
    "DirectoryCustomer",
    "Employee",
    "Unit",
    "canonical_ids",
    "customer",
    "customers",
    "employee",
    "employee_of_subject",
    "employees",
    "families",
    "lineage",
    "members",
    "newest",
    "require",
    "share_lock",
    "share_locked_many",
    "surely_missing",
    "unit",
    "units",
    "watermark",
]
